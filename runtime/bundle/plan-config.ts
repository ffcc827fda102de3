import type { BundleOptions } from "../container/container-options.ts";
import type { ImageConfig } from "../image/local-image.ts";
import type { Concessions } from "../nesting/plan-concessions.ts";
import { type NetworkHooks, networksAnnotation } from "../network/bundle-network.ts";
import type { IdMapping, IdMappings } from "../userns/id-mappings.ts";
import { capabilitySets } from "./capabilities.ts";
import type { ContainerUser } from "./container-user.ts";
import type { InitProgram } from "./init-program.ts";
import { planRlimits, planSysctls } from "./limits-plan.ts";
import { type BoundFiles, planMounts } from "./mount-plan.ts";
import { type JoinedContainer, planNamespaces } from "./namespaces.ts";
import type { OciConfig, OciMount } from "./oci-config.ts";
import { containerCommand, environment, workingDirectory } from "./process-plan.ts";
import type { ResourcePlan } from "./resource-plan.ts";
import { planRestrictions } from "./restrictions.ts";

/** All that a bundle's config.json follows from. */
export interface BundleFacts {
  readonly image: ImageConfig;
  readonly options: BundleOptions;
  readonly mappings: IdMappings;
  readonly user: ContainerUser;
  readonly hostname: string;
  readonly root: RootFileSystem;
  readonly files: BoundFiles;
  readonly concessions: Concessions;
  /** For networks of netd's. */
  readonly hooks?: NetworkHooks;
  /** Further mounts, made last. */
  readonly mounts?: readonly OciMount[];
  /** For `--init`. */
  readonly initProgram?: InitProgram;
  /** Without bounds it stays in the cgroup of whoever starts it. */
  readonly resources?: ResourcePlan;
  /** Whose namespaces it shares. */
  readonly joined?: JoinedContainer;
  /** The runtime makes the user namespace or joins one, or it is started in it. */
  readonly userNamespace: "of-the-runtime" | "entered";
  /** The host's, of whoever starts the runtime. */
  readonly ownIds: { readonly uid: number; readonly gid: number };
  /** Whether whoever starts the runtime is root. */
  readonly isRoot: boolean;
  /** Asked for when limits are compared: /proc/self/limits. */
  readonly ownLimits: () => string;
  /** As `process.arch` says it. */
  readonly architecture: string;
  /** `uname -r` */
  readonly kernelRelease: string;
}

/** A directory in the bundle: the root file system itself, or where the runtime mounts an overlay for it. */
export interface RootFileSystem {
  readonly path: string;
  readonly overlayOptions?: readonly string[];
}

/** The config.json of a container (runtime-spec 1.0.2): pure. Throws CntnrError for what cannot be. */
export function planConfig(facts: BundleFacts): OciConfig {
  const { image, options, mappings, user, hostname, root } = facts;
  const restrictions = planRestrictions({ ...facts, idCalls: mappings.subordinate ? "real" : "made-up" });
  const hasOwnUts = options.uts === undefined;
  const { uid, gid, additionalGids } = user;
  const hasOwn = {
    hasOwnNetwork: options.network.kind === "none" || options.network.kind === "netd",
    hasOwnIpc: options.ipc === undefined,
    hasOwnProc: !facts.concessions.shared.has("proc"),
  };
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: options.tty,
      user: { uid, gid, additionalGids },
      args: [...(facts.initProgram?.words ?? []), ...containerCommand(image, options)],
      env: environment({ image: image.env, asked: options.env, hostname, home: user.home, tty: options.tty }),
      cwd: workingDirectory(image, options.workingDir),
      noNewPrivileges: restrictions.noNewPrivileges,
      capabilities: capabilitySets(restrictions.granted),
      rlimits: planRlimits(options.ulimits ?? [], facts.isRoot, facts.ownLimits),
      ...(options.oomScoreAdj === undefined ? {} : { oomScoreAdj: options.oomScoreAdj }),
    },
    root: { path: root.path, readonly: options.readOnly },
    ...(hasOwnUts && facts.concessions.noHostname === undefined ? { hostname } : {}),
    ...(hasOwnUts && options.domainname !== undefined ? { domainname: options.domainname } : {}),
    mounts: [...rootMounts(root), ...planMounts(facts), ...(facts.mounts ?? [])],
    ...(facts.hooks ? { hooks: facts.hooks } : {}),
    annotations: {
      ...options.annotations,
      ...(options.network.kind === "netd"
        ? { [networksAnnotation]: JSON.stringify(options.network.networks) }
        : {}),
    },
    linux: {
      ...planUserNamespace(facts),
      sysctl: planSysctls(options.sysctls ?? {}, mappings.gids, hasOwn),
      ...(restrictions.seccomp ? { seccomp: restrictions.seccomp } : {}),
      ...(facts.resources ?? {}),
      maskedPaths: restrictions.maskedPaths,
      readonlyPaths: restrictions.readonlyPaths,
    },
  };
}

function planUserNamespace({ options, joined, mappings, userNamespace, ownIds }: BundleFacts) {
  const namespaces = planNamespaces(options, joined);
  if (userNamespace === "entered") return { namespaces: namespaces.filter(({ type }) => type !== "user") };
  const isJoined = namespaces.some(({ type, path }) => type === "user" && path !== undefined);
  const { uids, gids } = isJoined ? toldMappings(ownIds) : mappings;
  return { namespaces, uidMappings: uids.map(ociMapping), gidMappings: gids.map(ociMapping) };
}

/**
 * What the runtime is told of a user namespace that it joins, and only looks at: whether ids are mapped, which we know; and which of the
 * host's the container's root is, to give him its fifo and pipes. That has to be us, who can give nothing to anybody else, and do not have
 * to: the real root of that namespace has rights to files of ours.
 */
function toldMappings({ uid, gid }: BundleFacts["ownIds"]): Pick<IdMappings, "uids" | "gids"> {
  const others = { containerId: 1, hostId: 1, size: largestId };
  const own = (hostId: number) => ({ containerId: 0, hostId, size: 1 });
  return { uids: [own(uid), others], gids: [own(gid), others] };
}

const largestId = 0x7fffffff;

/** The runtime mounts it in the container's own user namespace, before all else. */
function rootMounts({ overlayOptions }: RootFileSystem): OciMount[] {
  return overlayOptions
    ? [{ destination: "/", type: "overlay", source: "overlay", options: overlayOptions }]
    : [];
}

function ociMapping({ containerId, hostId, size }: IdMapping) {
  return { containerID: containerId, hostID: hostId, size };
}
