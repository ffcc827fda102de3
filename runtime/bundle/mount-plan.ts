import type { ContainerOptions, MountRequest } from "../container/container-options.ts";
import type { MountPoint } from "../rootfs/mount-points.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import type { OciMount } from "./oci-config.ts";

/** Files of the bundle by the path in the container that they are bound at. */
export type BoundFiles = Readonly<Record<string, string>>;

/** group `tty` of every distribution, as Linux programs expect to find terminals. */
const ttyGid = 5;
const restricted = ["nosuid", "noexec", "nodev"];

/** What every container has at its place whatever the image has there. `/dev` and below are the kernel's and the runtime's. */
export function defaultMountPoints(files: BoundFiles): MountPoint[] {
  return [
    ...["/proc", "/dev", "/sys"].map((path): MountPoint => ({ path, kind: "directory" })),
    ...Object.keys(files).map((path): MountPoint => ({ path, kind: "file" })),
  ];
}

export interface MountParts {
  readonly options: Pick<ContainerOptions, "mounts" | "network">;
  readonly mappings: IdMappings;
  readonly files: BoundFiles;
}

/**
 * All mounts but the root, in the order in which they are made: a directory before what is in it. A mount of the user's takes
 * the place of one of ours.
 */
export function planMounts({ options, mappings, files }: MountParts): OciMount[] {
  const own = options.mounts.map(requestedMount);
  const taken = new Set(own.map(({ destination }) => destination));
  const ours = [...kernelMounts(options.network.kind === "host", mappings), ...fileMounts(files)];
  const all = [...ours.filter(({ destination }) => !isTaken(destination, taken)), ...own];
  return all.toSorted((a, b) => depthOf(a.destination) - depthOf(b.destination));
}

/** Who mounts the host's /dev means all of it; what we put into /etc has its place also in an /etc of the user's. */
function isTaken(destination: string, taken: ReadonlySet<string>): boolean {
  const [, top] = destination.split("/");
  return taken.has(destination) || (top !== "etc" && taken.has(`/${top}`));
}

function kernelMounts(isHostNetwork: boolean, mappings: IdMappings): OciMount[] {
  const isTtyMapped = mappings.gids.some(
    ({ containerId, size }) => ttyGid >= containerId && ttyGid < containerId + size,
  );
  return [
    mount("/proc", "proc", restricted),
    mount("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    mount("/dev/pts", "devpts", [
      ...["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
      ...(isTtyMapped ? [`gid=${ttyGid}`] : []),
    ]),
    mount("/dev/shm", "tmpfs", [...restricted, "mode=1777", "size=65536k"]),
    mount("/dev/mqueue", "mqueue", restricted),
    isHostNetwork
      ? // Only who owns the network namespace may mount a sysfs.
        {
          destination: "/sys",
          type: "bind",
          source: "/sys",
          options: ["rbind", "rprivate", ...restricted, "ro"],
        }
      : mount("/sys", "sysfs", [...restricted, "ro"]),
    mount("/sys/fs/cgroup", "cgroup", [...restricted, "relatime", "ro"]),
  ];
}

function mount(destination: string, type: string, options: readonly string[]): OciMount {
  return { destination, type, source: type, options };
}

function fileMounts(files: BoundFiles): OciMount[] {
  return Object.entries(files).map(([destination, source]) => ({
    destination,
    type: "bind",
    source,
    options: ["bind", "rprivate"],
  }));
}

const propagation = /^r?(?:private|shared|slave|unbindable)$/;

function requestedMount(request: MountRequest): OciMount {
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
