import { readFileSync } from "node:fs";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { blobPath } from "./digest.ts";
import { readIndex } from "./layout.ts";
import type { Digest } from "./local-image.ts";
import { descriptorOf, entryName, type IndexEntry, parseConfig, parseManifest } from "./oci-documents.ts";
import { readPrepared } from "./prepared-image.ts";
import { splitName } from "./reference.ts";

/** One name of an image, for a list. */
export interface ImageSummary {
  /** In full. "" for an image that another program put into the store without one. */
  readonly name: string;
  readonly repository: string;
  /** "" where the name has a digest. */
  readonly tag: string;
  readonly manifestDigest: Digest;
  /** Digest of the configuration. */
  readonly id: Digest;
  /** As the image says it; "" when it does not. RFC 3339. */
  readonly created: string;
  /** Of the files when it is unpacked, else of the blobs. */
  readonly sizeBytes: number;
}

/** The names of images in the store, the newest image first. What is damaged, or no container image, is left out. */
export function listImages(
  directories: Directories,
  mappings: IdMappings = loadIdMappings(),
): ImageSummary[] {
  return readIndex(directories)
    .manifests.flatMap((entry) => summarise(directories, entry, mappings) ?? [])
    .sort((a, b) => compare(b.created, a.created) || compare(a.name, b.name));
}

function summarise(
  directories: Directories,
  entry: IndexEntry,
  mappings: IdMappings,
): ImageSummary | undefined {
  try {
    const name = entryName(entry);
    const descriptor = descriptorOf(entry, `the entry of ${name} in the index`);
    const manifest = parseManifest(read(directories, descriptor.digest), descriptor);
    const prepared = readPrepared(directories, descriptor.digest, mappings);
    const config =
      prepared?.config ??
      parseConfig(read(directories, manifest.config.digest), manifest.config.digest).config;
    return {
      name,
      ...splitName(name),
      manifestDigest: descriptor.digest,
      id: manifest.config.digest,
      created: config.created ?? "",
      sizeBytes: prepared?.contentBytes ?? manifest.layers.reduce((sum, { size }) => sum + size, 0),
    };
  } catch (error) {
    if (error instanceof CntnrError || hasErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

function read(directories: Directories, digest: Digest): string {
  return readFileSync(blobPath(directories, digest), "utf8");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
