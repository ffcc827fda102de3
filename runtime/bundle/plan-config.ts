import type { ContainerOptions } from "../container/container-options.ts";
import type { ImageConfig } from "../image/local-image.ts";
import { type NetworkHooks, networksAnnotation } from "../network/bundle-network.ts";
import type { IdMapping, IdMappings } from "../userns/id-mappings.ts";
import { capabilitySets, grantedCapabilities } from "./capabilities.ts";
import type { ContainerUser } from "./container-user.ts";
import { type BoundFiles, planMounts } from "./mount-plan.ts";
import type { OciConfig, OciMount, OciNamespace } from "./oci-config.ts";
import { containerCommand, environment, workingDirectory } from "./process-plan.ts";
import { defaultProfile } from "./seccomp/profile.ts";

/** All that a bundle's config.json follows from. */
export interface BundleFacts {
  readonly image: ImageConfig;
  readonly options: ContainerOptions;
  readonly mappings: IdMappings;
  readonly user: ContainerUser;
  readonly hostname: string;
  readonly root: RootFileSystem;
  readonly files: BoundFiles;
  /** For networks of netd's. */
  readonly hooks?: NetworkHooks;
  /** As `process.arch` says it. */
  readonly architecture: string;
}

/** A directory in the bundle: the root file system itself, or where the runtime mounts an overlay for it. */
export interface RootFileSystem {
  readonly path: string;
  readonly overlayOptions?: readonly string[];
}

/** Paths that tell of the host, or of other containers; docker's list. */
const maskedPaths = [
  ...[
    "acpi",
    "asound",
    "interrupts",
    "kcore",
    "keys",
    "latency_stats",
    "sched_debug",
    "scsi",
    "timer_list",
  ].map((name) => `/proc/${name}`),
  ...["/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"],
];
const readonlyPaths = ["bus", "fs", "irq", "sys", "sysrq-trigger"].map((name) => `/proc/${name}`);

/** The config.json of a container (runtime-spec 1.0.2): pure. Throws CntnrError for what cannot be. */
export function planConfig(facts: BundleFacts): OciConfig {
  const { image, options, mappings, user, hostname, root } = facts;
  const granted = grantedCapabilities(options.capAdd, options.capDrop);
  const { uid, gid, additionalGids } = user;
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: options.tty,
      user: { uid, gid, additionalGids },
      args: containerCommand(image, options),
      env: environment({ image: image.env, asked: options.env, hostname, home: user.home, tty: options.tty }),
      cwd: workingDirectory(image, options.workingDir),
      noNewPrivileges: true,
      capabilities: capabilitySets(granted),
    },
    root: { path: root.path, readonly: options.readOnly },
    hostname,
    mounts: [...rootMounts(root), ...planMounts(facts)],
    ...(facts.hooks ? { hooks: facts.hooks } : {}),
    annotations:
      options.network.kind === "netd"
        ? { [networksAnnotation]: JSON.stringify(options.network.networks) }
        : {},
    linux: {
      namespaces: namespaces(options.network.kind === "host"),
      uidMappings: mappings.uids.map(ociMapping),
      gidMappings: mappings.gids.map(ociMapping),
      sysctl: options.network.kind === "host" ? {} : networkSysctls(mappings.gids),
      seccomp: defaultProfile(granted, mappings.subordinate ? "real" : "made-up", facts.architecture),
      maskedPaths,
      readonlyPaths,
    },
  };
}

/** The runtime mounts it in the container's own user namespace, before all else. */
function rootMounts({ overlayOptions }: RootFileSystem): OciMount[] {
  return overlayOptions
    ? [{ destination: "/", type: "overlay", source: "overlay", options: overlayOptions }]
    : [];
}

function namespaces(isHostNetwork: boolean): OciNamespace[] {
  const types = ["user", "mount", "pid", "ipc", "uts", "cgroup"] as const;
  return [...types.map((type) => ({ type })), ...(isHostNetwork ? [] : [{ type: "network" } as const])];
}

function ociMapping({ containerId, hostId, size }: IdMapping) {
  return { containerID: containerId, hostID: hostId, size };
}

/** In a network namespace of its own a container may do what harms nobody: low ports and ping without being root. */
function networkSysctls(gids: readonly IdMapping[]): Record<string, string> {
  const largestGid = Math.max(...gids.map(({ containerId, size }) => containerId + size - 1));
  return { "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": `0 ${largestGid}` };
}
