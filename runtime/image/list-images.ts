import { readFileSync } from "node:fs";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { layerName, readLayer } from "../store/layers.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { blobPath, hexOf } from "./digest.ts";
import { readIndex } from "./layout.ts";
import type { DiffId, Digest } from "./local-image.ts";
import {
  descriptorOf,
  entryName,
  type IndexEntry,
  type Manifest,
  namedAtAnnotation,
  parseConfig,
  parseManifest,
} from "./oci-documents.ts";
import { lastUsesMs, readPrepared } from "./prepared-image.ts";
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
  /** Blobs and unpacked layers that it consists of, in bytes: what several images share has the same key. */
  readonly parts: ReadonlyMap<string, number>;
  /** As the image says it; "" when it does not. RFC 3339. */
  readonly created: string;
  /** Of the files when it is unpacked, else of the blobs. */
  readonly sizeBytes: number;
  readonly labels: Readonly<Record<string, string>>;
  /** When the name was given. RFC 3339; "" for names that another program gave. */
  readonly namedAt: string;
  /** When it was last made ready for a container or a build; before that, when it was made ready first. Epoch milliseconds; 0: never. */
  readonly usedAtMs: number;
}

/** The names of images in the store, the newest image first. What is damaged, or no container image, is left out. */
export function listImages(
  directories: Directories,
  mappings: IdMappings = loadIdMappings(),
): ImageSummary[] {
  const uses = lastUsesMs(directories);
  return readIndex(directories)
    .manifests.flatMap((entry) => summarise(directories, entry, mappings, uses) ?? [])
    .sort((a, b) => compare(b.created, a.created) || compare(a.name, b.name));
}

function summarise(
  directories: Directories,
  entry: IndexEntry,
  mappings: IdMappings,
  uses: ReadonlyMap<string, number>,
): ImageSummary | undefined {
  try {
    const name = entryName(entry);
    const descriptor = descriptorOf(entry, `the entry of ${name} in the index`);
    const manifest = parseManifest(read(directories, descriptor.digest), descriptor);
    const prepared = readPrepared(directories, descriptor.digest, mappings);
    const { config, diffIds } = parseConfig(
      read(directories, manifest.config.digest),
      manifest.config.digest,
    );
    return {
      name,
      ...splitName(name),
      manifestDigest: descriptor.digest,
      id: manifest.config.digest,
      created: config.created ?? "",
      parts: partsOf(directories, manifest, diffIds, mappings),
      labels: config.labels,
      namedAt: entry.annotations?.[namedAtAnnotation] ?? "",
      usedAtMs: uses.get(hexOf(descriptor.digest)) ?? 0,
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

function partsOf(
  directories: Directories,
  manifest: Manifest,
  diffIds: readonly DiffId[],
  mappings: IdMappings,
): ReadonlyMap<string, number> {
  const parts = new Map<string, number>();
  for (const { digest, size } of [manifest.config, ...manifest.layers]) parts.set(digest, size);
  for (const diffId of diffIds) {
    const record = readLayer(directories, layerName(diffId.slice("sha256:".length), mappings));
    if (record) parts.set(`unpacked ${diffId}`, record.contentBytes);
  }
  return parts;
}
