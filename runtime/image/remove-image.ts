import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { collectGarbage, type Garbage, type GarbageOptions } from "./collect-garbage.ts";
import { findImage, isId } from "./find-image.ts";
import { forgetForGood } from "./forget-images.ts";
import { noteImage } from "./image-events.ts";
import { readIndex } from "./layout.ts";
import { listImages } from "./list-images.ts";
import type { Digest } from "./local-image.ts";
import { entryName } from "./oci-documents.ts";
import { localNames, parseImageReference } from "./reference.ts";
import { noOwnImage } from "./shared-image.ts";

export interface RemoveOptions extends GarbageOptions {
  /** `refuse`: not if containers use it, nor by its id if it has several names. */
  readonly inUse: "refuse" | "remove-anyway";
  /** The names of the containers that were made from the image with this manifest or id. */
  readonly usersOf: (image: {
    readonly manifestDigest: Digest;
    readonly id: Digest | undefined;
  }) => readonly string[];
}

export interface Removal {
  /** Names that are gone. */
  readonly names: readonly string[];
  /** The id (digest of the configuration) of an image that went with its last name; "" of one whose documents are damaged. */
  readonly id: string | undefined;
  readonly garbage: Garbage;
}

/**
 * Takes a name away from an image; with the last one the image goes, and all that only it consisted of. What containers
 * use stays until they are gone. Throws CntnrError `not-found` and `conflict`.
 */
export async function removeImage(
  directories: Directories,
  text: string,
  options: RemoveOptions,
): Promise<Removal> {
  const found = findImage(directories, text);
  if (!found) throw noOwnImage(directories, text);
  const { digest } = found.manifest;
  const allNames = readIndex(directories)
    .manifests.filter((entry) => entry.digest === digest)
    .map(entryName);
  const isNamed = !isId(text) && localNames(parseImageReference(text)).includes(found.name);
  if (!isNamed && allNames.length > 1 && options.inUse === "refuse")
    throw new CntnrError(
      "conflict",
      `the image has ${allNames.length} names (${allNames.join(", ")}): remove them, or use --force`,
    );
  const names = isNamed ? [found.name] : allNames;
  const isLast = names.length === allNames.length;
  const id = listImages(directories, options.mappings).find((image) => image.manifestDigest === digest)?.id;
  if (isLast && options.inUse === "refuse") refuseUsed(text, { manifestDigest: digest, id }, options);
  await forgetForGood(directories, digest, names, options);
  for (const name of names) noteImage(directories, "untag", id ?? digest, name);
  if (isLast) noteImage(directories, "delete", id ?? digest, names[0] ?? "");
  const garbage = await collectGarbage(directories, options);
  return { names, id: isLast ? (id ?? "") : undefined, garbage };
}

function refuseUsed(
  text: string,
  image: Parameters<RemoveOptions["usersOf"]>[0],
  options: RemoveOptions,
): void {
  const containers = options.usersOf(image);
  if (containers.length > 0)
    throw new CntnrError(
      "conflict",
      `image ${text} is used by ${containers.length === 1 ? "container" : "containers"} ${containers.join(", ")}: remove them first, or use --force`,
    );
}
