import type { LocalImage } from "../image/local-image.ts";
import type { Directories } from "../store/directories.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import type { MadeMount } from "../volume/mount-volumes.ts";
import type { ContainerOptions, ResolvedMount } from "./container-options.ts";
import type { RecordedMount } from "./container-record.ts";
import { mountsFromOthers } from "./container-volumes.ts";

/** The mounts with their volumes, which nobody may remove until it is disposed of: then the record has to name them. */
export async function makeMounts(
  directories: Directories,
  { mounts: own, volumesFrom = [] }: ContainerOptions,
  image: LocalImage,
): Promise<Disposable & { readonly mounts: readonly MadeMount[] }> {
  const stack = new DisposableStack();
  const mounts = [...own, ...mountsFromOthers(directories, volumesFrom, own)];
  const dispose = () => stack.dispose();
  if (image.config.volumes.length === 0 && !mounts.some(({ kind }) => kind === "volume"))
    return { mounts: mounts.filter((mount) => mount.kind !== "volume"), [Symbol.dispose]: dispose };
  const [{ lockVolumes }, { makeVolumes }] = await Promise.all([
    import("../volume/volume-store.ts"),
    import("../volume/mount-volumes.ts"),
  ]);
  stack.use(await lockVolumes(directories, "shared"));
  return { mounts: makeVolumes(directories, mounts, image.config.volumes), [Symbol.dispose]: dispose };
}

/** What is to be mounted, with the volumes as directories that are filled. */
export async function resolveMounts(
  directories: Directories,
  mounts: readonly MadeMount[],
  { layers }: LocalImage,
  mappings: IdMappings,
): Promise<ResolvedMount[]> {
  const resolved = mounts.filter((mount) => mount.kind !== "volume");
  if (resolved.length === mounts.length) return resolved;
  const { resolveVolumes } = await import("../volume/mount-volumes.ts");
  return resolveVolumes(directories, mounts, { layers, mappings });
}

/** What a record says of a mount. */
export function recordedMount(mount: MadeMount): RecordedMount {
  if (mount.kind === "tmpfs")
    return { kind: "tmpfs", destination: mount.destination, options: mount.options };
  const { destination, readOnly, options } = mount;
  if (mount.kind === "bind") return { kind: "bind", source: mount.source, destination, readOnly, options };
  return { kind: "volume", name: mount.name, destination, readOnly, options };
}
