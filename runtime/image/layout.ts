import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { replaceFile } from "../store/replace-file.ts";
import { lockIndex } from "../store/store-lock.ts";
import type { Digest } from "./local-image.ts";
import { type Descriptor, entryName, type ImageIndex, nameAnnotation, parseIndex } from "./oci-documents.ts";

/** The store's index; an empty one where nothing was pulled yet. No lock: the file is replaced as a whole. */
export function readIndex(directories: Directories): ImageIndex {
  const path = indexPath(directories);
  try {
    return parseIndex(readFileSync(path, "utf8"), path);
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return emptyIndex;
    throw error;
  }
}

const emptyIndex: ImageIndex = { schemaVersion: 2, manifests: [] };

/** Makes <data>/images an image layout (image-spec, image-layout.md) where it is none yet. */
export function makeLayout(directories: Directories): void {
  mkdirSync(join(directories.images, "blobs/sha256"), { recursive: true });
  const marker = join(directories.images, "oci-layout");
  if (!existsSync(marker)) replaceFile(marker, JSON.stringify({ imageLayoutVersion: "1.0.0" }));
}

/** Names an image in the index; what had the name before loses it. */
export async function nameImage(directories: Directories, name: string, manifest: Descriptor): Promise<void> {
  const { mediaType, digest, size } = manifest;
  await changeIndex(directories, (entries) => [
    ...entries.filter((entry) => entryName(entry) !== name),
    { mediaType, digest, size, annotations: { [nameAnnotation]: name } },
  ]);
}

/** Takes names away from the image with this manifest. */
export async function forgetNames(
  directories: Directories,
  manifestDigest: Digest,
  names: readonly string[],
): Promise<void> {
  await changeIndex(directories, (entries) =>
    entries.filter((entry) => entry.digest !== manifestDigest || !names.includes(entryName(entry))),
  );
}

async function changeIndex(
  directories: Directories,
  change: (entries: ImageIndex["manifests"]) => ImageIndex["manifests"],
): Promise<void> {
  using _ = await lockIndex(directories);
  const index = readIndex(directories);
  replaceFile(indexPath(directories), JSON.stringify({ ...index, manifests: change(index.manifests) }));
}

function indexPath(directories: Directories): string {
  return join(directories.images, "index.json");
}
