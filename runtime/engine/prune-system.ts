import { usedVolumes } from "../container/container-volumes.ts";
import { type PrunedContainer, pruneContainers } from "../container/prune-containers.ts";
import type { Garbage } from "../image/collect-garbage.ts";
import { removeNames } from "../image/expire-images.ts";
import { listImages } from "../image/list-images.ts";
import type { Directories } from "../store/directories.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { type PrunedVolume, pruneVolumes } from "../volume/remove-volumes.ts";
import type { WaitOptions } from "./context.ts";
import { garbageOptions, manifestsInUse } from "./image-users.ts";

export interface SystemPruneOptions extends WaitOptions {
  /** Also images with a name that no container was made from. */
  readonly allImages?: boolean;
  /** Also anonymous volumes that nothing uses. */
  readonly volumes?: boolean;
  /** Which containers and images may go; without it all. */
  readonly isWanted?: (thing: {
    readonly createdAt: string;
    readonly labels: Readonly<Record<string, string>>;
  }) => boolean;
}

export interface SystemPruned {
  readonly containers: readonly PrunedContainer[];
  readonly volumes: readonly PrunedVolume[];
  /** Names that were taken away; an id where an image had none. */
  readonly images: readonly { readonly name: string; readonly id: string }[];
  readonly garbage: Garbage;
}

/** Containers first: they keep volumes and images. Aborted, it ends between two of these. */
export async function pruneSystem(
  directories: Directories,
  { allImages = false, volumes = false, isWanted = () => true, signal }: SystemPruneOptions,
): Promise<SystemPruned> {
  const containers = await pruneContainers(directories, isWanted, signal);
  signal?.throwIfAborted();
  const removal = { mappings: loadIdMappings(), usedVolumes: () => usedVolumes(directories) };
  const removedVolumes = volumes
    ? await pruneVolumes(directories, ({ anonymous }) => anonymous, removal, signal)
    : [];
  signal?.throwIfAborted();
  const inUse = manifestsInUse(directories);
  const images = listImages(directories).filter(
    ({ name, manifestDigest, created, labels }) =>
      !inUse.has(manifestDigest) && (allImages || name === "") && isWanted({ createdAt: created, labels }),
  );
  const garbage = await removeNames(directories, images, garbageOptions(directories));
  return {
    containers,
    volumes: removedVolumes,
    images: images.map(({ name, id }) => ({ name, id })),
    garbage,
  };
}
