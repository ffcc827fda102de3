import { type PrunedContainer, pruneContainers } from "../container/prune-containers.ts";
import type { Garbage } from "../image/collect-garbage.ts";
import type { Directories } from "../store/directories.ts";
import { type PrunedVolume, pruneVolumes } from "../volume/remove-volumes.ts";
import type { WaitOptions } from "./context.ts";
import { removeUnusedImages } from "./remove-unused-images.ts";
import { volumeRemoval } from "./volume-users.ts";

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
  const removedVolumes = volumes
    ? await pruneVolumes(directories, ({ anonymous }) => anonymous, volumeRemoval(directories), signal)
    : [];
  signal?.throwIfAborted();
  const { images, garbage } = await removeUnusedImages(directories, allImages, (listed) =>
    listed.filter(({ created, labels }) => isWanted({ createdAt: created, labels })),
  );
  return {
    containers,
    volumes: removedVolumes,
    images: images.map(({ name, id }) => ({ name, id })),
    garbage,
  };
}
