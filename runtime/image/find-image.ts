import { readFileSync } from "node:fs";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { blobPath } from "./digest.ts";
import { readIndex } from "./layout.ts";
import { type Descriptor, descriptorOf, entryName, type IndexEntry, parseManifest } from "./oci-documents.ts";
import { type ImageReference, localNames, parseImageReference } from "./reference.ts";

/** An image in the store's index, and the name that it was found by or has. */
export interface IndexedImage {
  readonly name: string;
  readonly manifest: Descriptor;
}

const idPattern = /^(?:sha256:)?([a-f0-9]{4,64})$/;

/**
 * Finds an image by name, or by the start of its id or of its manifest's digest. A name that looks like an id
 * wins. Throws CntnrError `conflict` when the start fits several images.
 */
export function findImage(directories: Directories, text: string): IndexedImage | undefined {
  const { manifests } = readIndex(directories);
  const reference = referenceOrId(text);
  for (const name of reference ? localNames(reference) : []) {
    const entry = manifests.find((candidate) => entryName(candidate) === name);
    if (entry) return { name, manifest: descriptorOf(entry, `the entry of ${name} in the index`) };
  }
  const prefix = idPattern.exec(text)?.[1];
  return prefix === undefined ? undefined : findById(directories, manifests, prefix, text);
}

/** The image's id, the digest of its configuration; the manifest's own where that cannot be read. */
export function imageId(directories: Directories, manifest: Descriptor): string {
  return idOf(directories, manifest) ?? manifest.digest;
}

/** True for what only an id can be, so that asking a registry for it makes no sense. */
export function isId(text: string): boolean {
  return referenceOrId(text) === undefined;
}

function referenceOrId(text: string): ImageReference | undefined {
  if (/^(?:sha256:)?[a-f0-9]{64}$/.test(text)) return undefined;
  return parseImageReference(text);
}

function findById(
  directories: Directories,
  entries: readonly IndexEntry[],
  prefix: string,
  text: string,
): IndexedImage | undefined {
  const found = new Map<string, IndexedImage>();
  for (const entry of entries) {
    const manifest = descriptorOf(entry, "the index");
    const id = idOf(directories, manifest);
    if (!manifest.digest.startsWith(`sha256:${prefix}`) && !id?.startsWith(`sha256:${prefix}`)) continue;
    if (!found.has(manifest.digest)) found.set(manifest.digest, { name: entryName(entry), manifest });
  }
  if (found.size > 1)
    throw new CntnrError(
      "conflict",
      `"${text}" is the start of the ids of ${found.size} images; give more of it`,
    );
  return [...found.values()][0];
}

/** Digest of the image's configuration; undefined when its manifest cannot be read. Not checked: it only finds. */
function idOf(directories: Directories, manifest: Descriptor): string | undefined {
  try {
    const text = readFileSync(blobPath(directories, manifest.digest), "utf8");
    return parseManifest(text, manifest).config.digest;
  } catch (error) {
    // A damaged image must not keep the others from being found.
    if (error instanceof CntnrError || hasErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
