import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { basename, join } from "node:path";
import type { BundleOptions, ResolvedMount } from "../container/container-options.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { LocalImage } from "../image/local-image.ts";
import type { Concessions } from "../nesting/plan-concessions.ts";
import { type NetworkHooks, networkHooks } from "../network/bundle-network.ts";
import { ownProgram } from "../process/own-program.ts";
import { LayeredTree, UnreadableError } from "../rootfs/layered-tree.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import type { KeptIds } from "../userns/keep-ids.ts";
import {
  type AccountFiles,
  type ContainerUser,
  type MappedUser,
  planUser,
  type UserWish,
} from "./container-user.ts";
import { exactJson } from "./exact-json.ts";
import { withoutNetdSockets } from "./hidden-sockets.ts";
import { usableDevices } from "./host-devices.ts";
import { readHostNames } from "./host-facts.ts";
import { findInitProgram } from "./init-program.ts";
import { changedAccounts, findKeptUser, withKeptUser } from "./kept-user.ts";
import { checkOomScoreAdj } from "./limits-plan.ts";
import { withLockedOptions } from "./locked-options.ts";
import { type ChangesPlace, makeRoot } from "./make-root.ts";
import { type BoundFiles, defaultMountPoints } from "./mount-plan.ts";
import type { JoinedContainer } from "./namespaces.ts";
import { type NetworkFiles, networkFiles } from "./network-files.ts";
import type { OciMount } from "./oci-config.ts";
import { planConfig } from "./plan-config.ts";
import { refuseProc, workingDirectory } from "./process-plan.ts";
import type { ResourcePlan } from "./resource-plan.ts";

export interface BundleRequest {
  /** An empty place of the user's alone, or one with other files than a bundle's. */
  readonly directory: string;
  readonly image: LocalImage;
  readonly options: BundleOptions;
  readonly mappings: IdMappings;
  /** Host name of a container that asked for none and is not on the host's network. */
  readonly defaultHostname: string;
  /** The user's state directory (`Directories.run`), for the hooks. */
  readonly runDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly concessions: Concessions;
  /** The ids that the user has in it where he is not its root: it is to know him. */
  readonly keptIds?: KeptIds;
  /** Groups beside the user's own, names or numbers. */
  readonly addedGroups?: readonly string[];
  /** The runtime will be started as root of the container's user namespace. */
  readonly userNamespace?: "entered";
  /** The running container that {@link containerToJoin} names. */
  readonly joined?: JoinedContainer;
  readonly changes?: ChangesPlace;
  /** Mounts beyond the options', made last. */
  readonly mounts?: readonly OciMount[];
  /** `copy`: a root file system that does not need the store. */
  readonly rootKind?: "overlay" | "copy";
  /** The root file system of an earlier bundle is to stay as it is. */
  readonly isRootThere?: boolean;
}

/** What the caller has to know of a bundle that was made. */
export interface MadeBundle {
  /** For the person at the terminal. */
  readonly remarks: readonly string[];
  /** How it is made differently from what is usual, and why: for who wants to know. */
  readonly details: readonly string[];
  /** Absolute paths in the container on which something is mounted. */
  readonly mountPoints: readonly string[];
}

const aptSettings = "/etc/apt/apt.conf.d";

/**
 * Makes an OCI bundle that any runtime can run: config.json, files that are bound into the container, and the directories of an
 * overlay over the image's layers, which the runtime itself mounts.
 * Throws CntnrError; what is made by then is the caller's to remove.
 */
export async function makeBundle(request: BundleRequest): Promise<MadeBundle> {
  const { directory, image, mappings, joined } = request;
  const options = completeOptions(request);
  const resources = await planLimits(options, directory);
  const tree = new LayeredTree(image.layers);
  const accounts = readAccounts(tree, request);
  const { user, remarks } = resolveUser(accounts.wanted, request);
  checkWorkingDirectory(tree, image, options);
  const host = readHostNames(options.network.kind === "host");
  const hostname = options.hostname ?? usualHostname(request, host.hostname);
  const files = {
    ...(options.network.kind === "container" && joined
      ? sharedNetworkFiles(joined.directory)
      : writeNetworkFiles(directory, networkFiles(options.network, hostname, options, host))),
    ...(mappings.subordinate ? {} : writeOneIdFiles(directory, tree)),
  };
  const hooks = hooksFor(options, request);
  await giveToUser(options.mounts, user, mappings);
  const { root, details } = await makeRoot(request, tree, defaultMountPoints(files), accounts.changed);
  const config = planConfig({
    image: image.config,
    options,
    mappings,
    user,
    hostname,
    root,
    files,
    concessions: request.concessions,
    ...(hooks ? { hooks } : {}),
    ...(joined ? { joined } : {}),
    ...(request.mounts ? { mounts: request.mounts } : {}),
    ...(resources ? { resources } : {}),
    ...(options.init ? { initProgram: findInitProgram() } : {}),
    userNamespace: request.userNamespace ?? "of-the-runtime",
    ownIds: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    isRoot: process.geteuid?.() === 0,
    ownLimits: () => readFileSync("/proc/self/limits", "utf8"),
    architecture: process.arch,
    kernelRelease: release(),
  });
  writeFileSync(join(directory, "config.json"), exactJson(config), { mode: 0o600 });
  const mountPoints = config.mounts.map(({ destination }) => destination).filter((path) => path !== "/");
  return { remarks, details: [...reasonsFor(options, request.concessions), ...details], mountPoints };
}

/** Of concessions that make a difference for this container. */
function reasonsFor(
  { network, pid, uts }: BundleOptions,
  { shared, runtimeFlags, noHostname }: Concessions,
): string[] {
  const reasons = new Map(shared);
  if (network.kind === "host") reasons.delete("sysfs");
  if (pid?.kind === "host") reasons.delete("proc");
  const ofName = noHostname === undefined || uts !== undefined ? [] : [noHostname];
  return [...reasons.values(), ...runtimeFlags.values(), ...ofName];
}

/** Asked before anything is mounted or copied; the cgroup is called after the bundle's directory. */
async function planLimits(
  { resources, cgroupParent }: BundleOptions,
  directory: string,
): Promise<ResourcePlan | undefined> {
  if (!resources && cgroupParent === undefined) return undefined;
  const [{ findDelegation, realCgroupView }, { planResources }] = await Promise.all([
    import("../cgroup/delegation.ts"),
    import("./resource-plan.ts"),
  ]);
  const delegation = findDelegation(realCgroupView());
  return planResources(resources ?? {}, delegation, basename(directory), cgroupParent);
}

function usualHostname(
  { options, joined, defaultHostname, concessions }: BundleRequest,
  ofHost: string,
): string {
  if (concessions.noHostname !== undefined) return ofHost;
  if (options.network.kind === "host" || options.uts?.kind === "host") return ofHost;
  if (options.network.kind === "container" && joined)
    return readFileSync(join(joined.directory, "hostname"), "utf8").trim();
  return defaultHostname;
}

/** What follows from the options and the host, before anything is made. Throws CntnrError for what cannot be. */
function completeOptions({ options, env, concessions: { noHostname } }: BundleRequest): BundleOptions {
  if (noHostname !== undefined && (options.hostname ?? options.domainname) !== undefined)
    throw new CntnrError("unavailable", `--hostname and --domainname cannot be had: ${noHostname}`);
  if (options.oomScoreAdj !== undefined)
    checkOomScoreAdj(options.oomScoreAdj, Number(readFileSync("/proc/self/oom_score_adj", "utf8")));
  return {
    ...options,
    mounts: withLockedOptions(withoutNetdSockets(options.mounts, env)),
    devices: [...(options.privileged ? usableDevices() : []), ...(options.devices ?? [])],
  };
}

/** The image's account files as the container is to have them, and what is changed in them. */
function readAccounts(tree: LayeredTree, { keptIds, options, image }: BundleRequest) {
  const ofImage = { passwd: tree.readText("/etc/passwd") ?? "", group: tree.readText("/etc/group") ?? "" };
  const user =
    keptIds && findKeptUser(keptIds, workingDirectory(image.config, options.workingDir), options.mounts);
  const wanted = user ? withKeptUser(ofImage, user) : ofImage;
  return { wanted, changed: changedAccounts(ofImage, wanted) };
}

function resolveUser(
  files: AccountFiles,
  { image, options, mappings, addedGroups }: BundleRequest,
): MappedUser {
  const wish: UserWish =
    options.user === undefined
      ? { text: image.config.user, from: "image" }
      : { text: options.user, from: "flag" };
  return planUser(wish, files, { mappings, addedGroups, isRoot: process.geteuid?.() === 0 });
}

/** Of mounts that the user is to own (podman's :U) all files. With one id alone there is only one owner. */
async function giveToUser(
  mounts: readonly ResolvedMount[],
  { uid, gid }: ContainerUser,
  mappings: IdMappings,
): Promise<void> {
  const sources = mounts.flatMap((mount) => (mount.kind === "bind" && mount.owner ? [mount.source] : []));
  if (sources.length === 0 || !mappings.subordinate) return;
  const { changeOwners } = await import("../userns/change-owners.ts");
  await changeOwners(sources, uid, gid, mappings);
}

/**
 * B2: also not by a link of the image. A home that is its user's alone cannot be looked into; what protects then is that runc has none
 * of our descriptors.
 */
function checkWorkingDirectory(tree: LayeredTree, image: LocalImage, options: BundleOptions): void {
  const path = workingDirectory(image.config, options.workingDir);
  try {
    refuseProc(tree.resolve(path).path, path);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
  }
}

function writeNetworkFiles(directory: string, { hosts, resolvConf, hostname }: NetworkFiles): BoundFiles {
  const contents = { hosts, "resolv.conf": resolvConf, hostname };
  const bound: Record<string, string> = {};
  for (const [name, text] of Object.entries(contents))
    bound[`/etc/${name}`] = writePublicFile(directory, name, text);
  return bound;
}

/** Who shares another container's network has its names. */
function sharedNetworkFiles(directory: string): BoundFiles {
  return Object.fromEntries(
    ["hosts", "resolv.conf", "hostname"].map((name) => [`/etc/${name}`, join(directory, name)]),
  );
}

/**
 * apt gives up when it cannot become its own user to fetch, and it looks whether it has. The file is bound and not written, so
 * that an image made from the container does not have it.
 */
function writeOneIdFiles(directory: string, tree: LayeredTree): BoundFiles {
  if (!tree.lookUp(aptSettings)?.stats.isDirectory()) return {};
  const name = writePublicFile(directory, "apt-one-id", 'APT::Sandbox::User "root";\n');
  return { [`${aptSettings}/99one-id`]: name };
}

/**
 * A file that every user of the container may read, whatever our umask is. Returns its path from the bundle on, so that the bundle
 * can be moved (config.md, "Mounts").
 */
function writePublicFile(directory: string, name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  chmodSync(path, 0o644);
  return name;
}

/** A hook that is started in the container's user namespace is nobody to netd (P8): who starts the container attaches it then. */
function hooksFor({ network }: BundleOptions, request: BundleRequest): NetworkHooks | undefined {
  if (network.kind !== "netd") return undefined;
  const hooks = networkHooks(ownProgram(), request.runDir, request.env);
  return request.userNamespace === "entered" ? { ...hooks, createRuntime: [] } : hooks;
}
