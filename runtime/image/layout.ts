import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { replaceSharedFile } from "../store/sharing.ts";
import { lockIndex } from "../store/store-lock.ts";
import type { Digest } from "./local-image.ts";
import {
  type Descriptor,
  entryName,
  type ImageIndex,
  type IndexEntry,
  nameAnnotation,
  namedAtAnnotation,
  parseIndex,
} from "./oci-documents.ts";

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
  if (!existsSync(marker))
    replaceSharedFile(directories, marker, JSON.stringify({ imageLayoutVersion: "1.0.0" }));
}

/**
 * Names an image in the index; "" keeps it there without a name. An image that had the name before loses it, and stays
 * without one if it has no other, as with docker.
 */
export async function nameImage(directories: Directories, name: string, manifest: Descriptor): Promise<void> {
  await changeIndex(directories, (entries) => withName(entries, name, manifest));
}

function withName(
  entries: ImageIndex["manifests"],
  name: string,
  { mediaType, digest, size }: Descriptor,
): ImageIndex["manifests"] {
  const isKnown = entries.some((entry) => entry.digest === digest);
  if (name === "") return isKnown ? entries : [...entries, { mediaType, digest, size, annotations: {} }];
  const before = entries.find((entry) => entryName(entry) === name);
  const others = entries.filter(
    (entry) => entryName(entry) !== name && (entryName(entry) !== "" || entry.digest !== digest),
  );
  const annotations = { [nameAnnotation]: name, [namedAtAnnotation]: new Date().toISOString() };
  const named = { mediaType, digest, size, annotations };
  const isOrphaned =
    before && before.digest !== digest && !others.some((entry) => entry.digest === before.digest);
  return isOrphaned ? [...others, withoutName(before), named] : [...others, named];
}

function withoutName(entry: IndexEntry): IndexEntry {
  const { [nameAnnotation]: _, ...annotations } = entry.annotations ?? {};
  return { ...entry, annotations };
}

/** Takes names away from the image with this manifest; with the last one it is gone, unless it is to be kept. */
export async function forgetNames(
  directories: Directories,
  manifestDigest: Digest,
  names: readonly string[],
  lastName: "forget-image" | "keep-without-name" = "forget-image",
): Promise<void> {
  await changeIndex(directories, (entries) => {
    const isForgotten = (entry: IndexEntry) =>
      entry.digest === manifestDigest && names.includes(entryName(entry));
    const kept = entries.filter((entry) => !isForgotten(entry));
    const last = entries.findLast(isForgotten);
    const isLast = last && !kept.some((entry) => entry.digest === manifestDigest);
    return isLast && lastName === "keep-without-name" ? [...kept, withoutName(last)] : kept;
  });
}

async function changeIndex(
  directories: Directories,
  change: (entries: ImageIndex["manifests"]) => ImageIndex["manifests"],
): Promise<void> {
  using _ = await lockIndex(directories);
  const index = readIndex(directories);
  replaceSharedFile(
    directories,
    indexPath(directories),
    JSON.stringify({ ...index, manifests: change(index.manifests) }),
  );
}

function indexPath(directories: Directories): string {
  return join(directories.images, "index.json");
}
