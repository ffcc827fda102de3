import type { BundleOptions, DeviceRequest, ResolvedMount } from "../container/container-options.ts";
import type { Concessions } from "../nesting/plan-concessions.ts";
import type { MountPoint } from "../rootfs/mount-points.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { type InitProgram, initMount } from "./init-program.ts";
import type { OciMount } from "./oci-config.ts";

/** Files by the path in the container that they are bound at; relative ones are in the bundle. */
export type BoundFiles = Readonly<Record<string, string>>;

/** group `tty` of every distribution, as Linux programs expect to find terminals. */
const ttyGid = 5;
const restricted = ["nosuid", "noexec", "nodev"];
const defaultShmBytes = 64 * 1024 * 1024;

/** What every container has at its place whatever the image has there. `/dev` and below are the kernel's and the runtime's. */
export function defaultMountPoints(files: BoundFiles): MountPoint[] {
  return [
    ...["/proc", "/dev", "/sys"].map((path): MountPoint => ({ path, kind: "directory" })),
    ...Object.keys(files).map((path): MountPoint => ({ path, kind: "file" })),
  ];
}

type MountOptions = Pick<
  BundleOptions,
  "mounts" | "network" | "pid" | "ipc" | "privileged" | "cgroupMount" | "devices" | "shmSizeBytes"
>;

export interface MountParts {
  readonly options: MountOptions;
  readonly mappings: IdMappings;
  readonly files: BoundFiles;
  readonly concessions: Concessions;
  /** For `--init`. */
  readonly initProgram?: InitProgram;
}

/**
 * All mounts but the root, in the order in which they are made: a directory before what is in it. A mount of the user's takes
 * the place of one of ours.
 */
export function planMounts({ options, mappings, files, concessions, initProgram }: MountParts): OciMount[] {
  const own = options.mounts.map(requestedMount);
  const taken = new Set(own.map(({ destination }) => destination));
  const ours = [...kernelMounts(options, mappings, concessions), ...fileMounts(files)];
  const all = [
    ...ours.filter(({ destination }) => !isTaken(destination, taken)),
    ...own,
    ...(options.devices ?? []).map(deviceMount),
    ...(initProgram === undefined ? [] : [initMount(initProgram)]),
  ];
  return all.toSorted((a, b) => depthOf(a.destination) - depthOf(b.destination));
}

/** Who mounts the host's /dev means all of it; what we put into /etc has its place also in an /etc of the user's. */
function isTaken(destination: string, taken: ReadonlySet<string>): boolean {
  const [, top] = destination.split("/");
  return taken.has(destination) || (top !== "etc" && taken.has(`/${top}`));
}

/** Only who owns a namespace may mount the file system that shows it: what is the host's is bound. */
function kernelMounts(options: MountOptions, mappings: IdMappings, { shared }: Concessions): OciMount[] {
  const isTtyMapped = mappings.gids.some(
    ({ containerId, size }) => ttyGid >= containerId && ttyGid < containerId + size,
  );
  const readOnly = options.privileged ? [] : ["ro"];
  const isOfHost = (kind: "pid" | "ipc") => options[kind]?.kind === "host";
  const isSysOwned = options.network.kind !== "host" && !shared.has("sysfs");
  const isIpcOfHost = isOfHost("ipc");
  return [
    isOfHost("pid") || shared.has("proc")
      ? hostMount("/proc", restricted)
      : mount("/proc", "proc", restricted),
    mount("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    mount("/dev/pts", "devpts", [
      ...["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
      ...(isTtyMapped ? [`gid=${ttyGid}`] : []),
    ]),
    isIpcOfHost
      ? hostMount("/dev/shm", restricted)
      : mount("/dev/shm", "tmpfs", [
          ...restricted,
          "mode=1777",
          `size=${options.shmSizeBytes ?? defaultShmBytes}`,
        ]),
    // Without it queues are there all the same (mq_overview(7)); of the host's there may be no mount to bind.
    ...(isIpcOfHost ? [] : [mount("/dev/mqueue", "mqueue", restricted)]),
    isSysOwned
      ? mount("/sys", "sysfs", [...restricted, ...readOnly])
      : hostMount("/sys", [...restricted, ...readOnly]),
    ...cgroupMounts(options),
  ];
}

function cgroupMounts({ cgroupMount, privileged }: MountOptions): OciMount[] {
  // The host's are in the host's /sys.
  if (cgroupMount === "no") return [mount("/sys/fs/cgroup", "tmpfs", [...restricted, "ro", "size=0"])];
  const isWritable = cgroupMount === "rw" || privileged === true;
  return [mount("/sys/fs/cgroup", "cgroup", [...restricted, "relatime", ...(isWritable ? [] : ["ro"])])];
}

function mount(destination: string, type: string, options: readonly string[]): OciMount {
  return { destination, type, source: type, options };
}

function hostMount(path: string, options: readonly string[]): OciMount {
  return { destination: path, type: "bind", source: path, options: ["rbind", "rprivate", ...options] };
}

function fileMounts(files: BoundFiles): OciMount[] {
  return Object.entries(files).map(([destination, source]) => ({
    destination,
    type: "bind",
    source,
    options: ["bind", "rprivate"],
  }));
}

/** A user may not make device nodes, but the host's can be bound; what he may do with them is as outside. */
function deviceMount({ source, destination, access }: DeviceRequest): OciMount {
  const options = ["rbind", "rprivate", ...(access === "read-only" ? ["ro"] : [])];
  return { destination, type: "bind", source, options };
}

const propagation = /^r?(?:private|shared|slave|unbindable)$/;

function requestedMount(request: ResolvedMount): OciMount {
  const { destination, options } = request;
  if (request.kind === "tmpfs") {
    const asked = new Set(options);
    const safe = restricted.filter((option) => !asked.has(option) && !asked.has(option.slice(2)));
    return { destination, type: "tmpfs", source: "tmpfs", options: [...safe, ...options] };
  }
  return {
    destination,
    type: "bind",
    source: request.source,
    options: [
      ...(options.some((option) => option === "bind" || option === "rbind") ? [] : ["rbind"]),
      ...(options.some((option) => propagation.test(option)) ? [] : ["rprivate"]),
      ...options,
      ...(request.readOnly ? ["ro"] : []),
    ],
  };
}

function depthOf(path: string): number {
  return path === "/" ? 0 : path.split("/").length - 1;
}
