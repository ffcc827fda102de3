import { listContainers, usedLayers } from "../../runtime/container/container-store.ts";
import type { GarbageOptions } from "../../runtime/image/collect-garbage.ts";
import { listImages } from "../../runtime/image/list-images.ts";
import type { Digest } from "../../runtime/image/local-image.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { loadIdMappings } from "../../runtime/userns/load-id-mappings.ts";

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
