import type { Garbage } from "../image/collect-garbage.ts";
import { removeNames } from "../image/expire-images.ts";
import { type ImageSummary, listImages } from "../image/list-images.ts";
import type { Directories } from "../store/directories.ts";
import { garbageOptions, manifestsInUse } from "./image-users.ts";

/**
 * Removes images that no container was made from, and then all that nothing refers to. Returns the names that are gone.
 * @param all also those with a name
 * @param choose which of all that there are may go
 */
export async function removeUnusedImages(
  directories: Directories,
  all: boolean,
  choose: (images: readonly ImageSummary[]) => readonly ImageSummary[],
): Promise<{ readonly images: readonly ImageSummary[]; readonly garbage: Garbage }> {
  const inUse = manifestsInUse(directories);
  const images = choose(listImages(directories)).filter(
    ({ name, manifestDigest }) => !inUse.has(manifestDigest) && (all || name === ""),
  );
  return { images, garbage: await removeNames(directories, images, garbageOptions(directories)) };
}
