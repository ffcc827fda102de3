import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import type { Directories } from "../store/directories.ts";
import { replaceSharedFile } from "../store/sharing.ts";
import { blobPath, digestOfHex } from "./digest.ts";
import type { Descriptor } from "./oci-documents.ts";

/** Writes a document into the store, durably, and returns its descriptor. */
export function putDocument(directories: Directories, mediaType: string, document: object): Descriptor {
  return putText(directories, mediaType, JSON.stringify(document));
}

/** The same for one whose text is there already. */
export function putText(directories: Directories, mediaType: string, text: string): Descriptor {
  const digest = digestOfHex(createHash("sha256").update(text).digest("hex"));
  const path = blobPath(directories, digest);
  if (!existsSync(path)) replaceSharedFile(directories, path, text);
  return { mediaType, digest, size: Buffer.byteLength(text) };
}
