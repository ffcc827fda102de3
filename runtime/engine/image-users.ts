import { listContainers, usedLayers } from "../container/container-store.ts";
import type { GarbageOptions } from "../image/collect-garbage.ts";
import { listImages } from "../image/list-images.ts";
import type { Digest } from "../image/local-image.ts";
import type { Directories } from "../store/directories.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";

/** What the collection of garbage has to know of containers. */
export function garbageOptions(directories: Directories): GarbageOptions {
  return { mappings: loadIdMappings(), usedLayers: () => usedLayers(directories) };
}

/** The manifests of images that containers were made from, running or not. */
export function manifestsInUse(directories: Directories): Set<Digest> {
  const ids = new Set(listContainers(directories).records.map(({ imageId }) => imageId));
  const used = listImages(directories).filter(({ id }) => ids.has(id));
  return new Set(used.map(({ manifestDigest }) => manifestDigest));
}

/** The names of the containers that were made from the image of this id. */
export function usersOf(directories: Directories, id: Digest | undefined): string[] {
  const { records } = listContainers(directories);
  return records.filter(({ imageId }) => imageId === id).map(({ name }) => name);
}
