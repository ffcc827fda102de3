import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { collectGarbage, type Garbage, type GarbageOptions } from "./collect-garbage.ts";
import { findImage, isId } from "./find-image.ts";
import { forgetNames, readIndex } from "./layout.ts";
import { listImages } from "./list-images.ts";
import type { Digest } from "./local-image.ts";
import { entryName } from "./oci-documents.ts";
import { localNames, parseImageReference } from "./reference.ts";

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
  /** Set when the image went with its last name. */
  readonly manifestDigest: Digest | undefined;
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
  if (!found) throw new CntnrError("not-found", `there is no image ${text} in the store`);
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
  if (isLast && options.inUse === "refuse") refuseUsed(directories, text, digest, options);
  await forgetNames(directories, digest, names);
  const garbage = await collectGarbage(directories, options);
  return { names, manifestDigest: isLast ? digest : undefined, garbage };
}

function refuseUsed(
  directories: Directories,
  text: string,
  manifestDigest: Digest,
  options: RemoveOptions,
): void {
  const id = listImages(directories, options.mappings).find(
    (image) => image.manifestDigest === manifestDigest,
  )?.id;
  const containers = options.usersOf({ manifestDigest, id });
  if (containers.length > 0)
    throw new CntnrError(
      "conflict",
      `image ${text} is used by ${containers.length === 1 ? "container" : "containers"} ${containers.join(", ")}: remove them first, or use --force`,
    );
}
