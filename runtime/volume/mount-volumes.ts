import { join } from "node:path";
import type { MountRequest, ResolvedMount, VolumeMount } from "../container/container-options.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import type { VolumeOrigin } from "./populate-volume.ts";
import {
  createVolume,
  findVolume,
  newAnonymousName,
  type VolumeRecord,
  volumePaths,
} from "./volume-store.ts";

/** A volume mount with a name, also if it is anonymous. */
type NamedMount = VolumeMount & { readonly name: string };
/** Where an image has no say: a volume there would be in the place of the kernel's own files. */
const kernelTrees = /^\/(?:proc|sys|dev)(?:\/|$)/;

/** A mount whose volume, if it is one, is there. */
export type MadeMount = ResolvedMount | NamedMount;

/**
 * The mounts of a container with the volumes that they need, which are made if they are not there: those that are asked for,
 * and an anonymous one for each VOLUME of the image that nothing else is mounted at. Under the shared lock of the volumes, until
 * the container's record names them.
 */
export function makeVolumes(
  directories: Directories,
  mounts: readonly MountRequest[],
  imageVolumes: readonly string[],
): readonly MadeMount[] {
  const taken = new Set(mounts.map(({ destination }) => destination));
  const ofImage = imageVolumes
    .map((path) => join("/", path).replace(/(?!^)\/+$/, ""))
    .filter((path) => path !== "/" && !taken.has(path) && !kernelTrees.test(path))
    .map((destination): MountRequest => anonymousMount(destination));
  return [...mounts, ...ofImage].map((mount) => {
    if (mount.kind !== "volume") return mount;
    const name = mount.name ?? newAnonymousName();
    createVolume(directories, { name, anonymous: mount.name === undefined, labels: mount.labels ?? {} });
    return { ...mount, name };
  });
}

function anonymousMount(destination: string): VolumeMount {
  return { kind: "volume", destination, readOnly: false, options: [], content: "copied" };
}

/** What is to be bound for each mount; an empty volume gets the image's content first. Throws CntnrError. */
export async function resolveVolumes(
  directories: Directories,
  mounts: readonly MadeMount[],
  origin: Omit<VolumeOrigin, "path">,
): Promise<ResolvedMount[]> {
  const resolved: ResolvedMount[] = [];
  for (const mount of mounts) {
    if (mount.kind !== "volume") resolved.push(mount);
    else resolved.push(await resolveVolume(directories, mount, origin));
  }
  return resolved;
}

async function resolveVolume(
  directories: Directories,
  mount: NamedMount,
  origin: Omit<VolumeOrigin, "path">,
): Promise<ResolvedMount> {
  const record = findVolume(directories, mount.name);
  const { destination, readOnly } = mount;
  if (record.options.type === "tmpfs") {
    const options = (record.options.o ?? "").split(",").filter((word) => word !== "");
    return { kind: "tmpfs", destination, options: [...options, ...(readOnly ? ["ro"] : [])] };
  }
  const paths = volumePaths(directories, mount.name);
  const device = boundDevice(record);
  if (device === undefined && mount.content === "copied") {
    const { populateVolume } = await import("./populate-volume.ts");
    await populateVolume(paths, { ...origin, path: destination });
  }
  return {
    kind: "bind",
    source: device ?? paths.data,
    destination,
    readOnly,
    options: mount.options,
    ...(mount.owner ? { owner: mount.owner } : {}),
  };
}

/** With `-o type=none -o o=bind -o device=PATH` a volume is a name for a directory. */
function boundDevice({ name, options }: VolumeRecord): string | undefined {
  const { type = "none", o = "", device } = options;
  if (device === undefined) return undefined;
  if (type === "none" && o.split(",").some((word) => word === "bind" || word === "rbind")) return device;
  throw new CntnrError(
    "unsupported",
    `volume ${name}: users can mount type=none with o=bind, and type=tmpfs`,
  );
}
