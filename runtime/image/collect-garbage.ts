import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { additionalStores } from "../store/additional-stores.ts";
import { withdrawCacheMounts } from "../store/cache-mounts.ts";
import type { Directories } from "../store/directories.ts";
import {
  layerName,
  layerNamesOf,
  listLayers,
  readLayer,
  removeDanglingLinks,
  withdrawLayer,
} from "../store/layers.ts";
import { namesIn } from "../store/list-directory.ts";
import { removeLeftovers } from "../store/remove-leftovers.ts";
import { keepStepRecords, longestUnusedMs } from "../store/step-records.ts";
import { lockStore } from "../store/store-lock.ts";
import { newKey, type TemporaryKey } from "../store/temporary.ts";
import type { FileLock } from "../sys/file-lock.ts";
import { readIfThere } from "../sys/read-text.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { blobPath, hexOf } from "./digest.ts";
import { readIndex } from "./layout.ts";
import type { Digest } from "./local-image.ts";
import {
  type Descriptor,
  descriptorOf,
  mediaType,
  parseConfig,
  parseIndex,
  parseManifest,
} from "./oci-documents.ts";
import { manifestHexOfRecord } from "./prepared-image.ts";

export interface GarbageOptions {
  readonly mappings: IdMappings;
  /** The layer paths (LocalImage.layers) in the records of all containers. Asked under the lock that keeps new ones out. */
  readonly usedLayers: () => Iterable<string> | Promise<Iterable<string>>;
  /** What builds remember and nobody has used for this long goes, too. Default two weeks. */
  readonly unusedMs?: number;
  /** Manifests (hexadecimal) of images of which what is unpacked is given up, as far as no container uses it. */
  readonly given?: ReadonlySet<string>;
  readonly signal?: AbortSignal;
}

/** What was removed; `postponed` when a pull was running: the next collection does it. */
export type Garbage =
  | {
      readonly kind: "collected";
      readonly blobs: number;
      readonly layers: number;
      readonly blobBytes: number;
      /** Of the files in the layers. */
      readonly layerBytes: number;
    }
  | { readonly kind: "postponed" };

/** Containers are made in a moment; pulls take long, and leave garbage of their own anyhow. */
const patienceMs = 2000;

/** What the images in the index consist of, in hexadecimal. */
interface Referenced {
  /** Documents and layers. */
  readonly blobs: Set<string>;
  /** By diff id; and by manifest, for what was made for an image as a whole. */
  readonly layers: Set<string>;
}

/**
 * Removes blobs and unpacked layers that no image in the index consists of, no container uses and no build has used lately, and
 * the directories of builds' cache mounts that none has. First what says that an image is ready, then its layers by a rename each, then blobs: a crash in between leaves an image that is not
 * ready, or files in <tmp>, and never a ready image without its layers.
 */
export async function collectGarbage(directories: Directories, options: GarbageOptions): Promise<Garbage> {
  await removeLeftovers(directories, options.mappings);
  using removed = await newKey(directories, "removed");
  const garbage = await withdraw(directories, options, removed);
  // The files of layers are many: removed without keeping anybody waiting.
  await removed.clear(options.mappings);
  return garbage;
}

async function withdraw(
  directories: Directories,
  options: GarbageOptions,
  removed: TemporaryKey,
): Promise<Garbage> {
  using lock = await lockWithPatience(directories, options.signal);
  if (!lock) return { kind: "postponed" };
  const unusedMs = options.unusedMs ?? longestUnusedMs;
  withdrawCacheMounts(directories, removed, unusedMs);
  const referenced = findReferenced(directories, unusedMs, options.given ?? new Set());
  for (const hex of manifestsOfAdditionalStores(directories)) referenced.layers.add(hex);
  const used = layerNamesOf(await options.usedLayers());
  for (const name of readdirSync(directories.layers)) {
    const hex = manifestHexOfRecord(name);
    if (hex !== undefined && !referenced.layers.has(hex)) rmSync(join(directories.layers, name));
  }
  // Layers of other mappings than today's have owners that are nobody's any more; they are unpacked anew.
  const isReferenced = (name: string) =>
    referenced.layers.has(name.slice(0, 64)) && name === layerName(name.slice(0, 64), options.mappings);
  const layers = listLayers(directories).filter((name) => !used.has(name) && !isReferenced(name));
  let layerBytes = 0;
  for (const name of layers) {
    layerBytes += contentBytesOf(directories, name);
    withdrawLayer(directories, name, removed.newPath());
  }
  removeDanglingLinks(directories);
  return { kind: "collected", layers: layers.length, layerBytes, ...removeBlobs(directories, referenced) };
}

/** What we have of their images is little, and follows from them alone. A store that cannot be read now keeps nothing. */
function manifestsOfAdditionalStores(directories: Directories): string[] {
  return additionalStores(directories).flatMap((store) => {
    try {
      const { manifests } = readIndex(store);
      return manifests.map((entry) => hexOf(descriptorOf(entry, store.data).digest));
    } catch (error) {
      if (error instanceof CntnrError || hasErrno(error, "EACCES")) return [];
      throw error;
    }
  });
}

/** A layer whose record is damaged goes as well. */
function contentBytesOf(directories: Directories, name: string): number {
  try {
    return readLayer(directories, name)?.contentBytes ?? 0;
  } catch (error) {
    if (error instanceof CntnrError) return 0;
    throw error;
  }
}

async function lockWithPatience(
  directories: Directories,
  signal: AbortSignal | undefined,
): Promise<FileLock | undefined> {
  try {
    return await lockStore(directories, "exclusive", {
      timeoutMs: patienceMs,
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (error instanceof CntnrError && error.code === "timeout") return undefined;
    throw error;
  }
}

function removeBlobs(directories: Directories, referenced: Referenced): { blobs: number; blobBytes: number } {
  const directory = join(directories.images, "blobs/sha256");
  let blobs = 0;
  let blobBytes = 0;
  for (const name of namesIn(directory)) {
    if (!/^[a-f0-9]{64}$/.test(name) || referenced.blobs.has(name)) continue;
    const path = join(directory, name);
    blobs++;
    blobBytes += statSync(path).size;
    rmSync(path);
  }
  return { blobs, blobBytes };
}

function findReferenced(directories: Directories, unusedMs: number, given: ReadonlySet<string>): Referenced {
  const referenced: Referenced = { blobs: new Set(), layers: new Set() };
  for (const entry of readIndex(directories).manifests)
    follow(directories, descriptorOf(entry, "an entry of the index"), referenced, given);
  for (const { layer } of keepStepRecords(directories, unusedMs))
    if (layer) {
      referenced.blobs.add(layer.blobSha256);
      referenced.layers.add(layer.diffSha256);
    }
  return referenced;
}

/**
 * Adds what a document refers to. Of a damaged document, or another program's of a kind that we do not know, every digest
 * counts: that keeps too much rather than too little.
 */
function follow(
  directories: Directories,
  descriptor: Descriptor,
  referenced: Referenced,
  given: ReadonlySet<string>,
): void {
  const hex = hexOf(descriptor.digest);
  if (referenced.blobs.has(hex)) return;
  referenced.blobs.add(hex);
  const text = textOf(directories, descriptor.digest);
  try {
    if (descriptor.mediaType === mediaType.index)
      for (const entry of parseIndex(text, descriptor.digest).manifests)
        follow(directories, descriptorOf(entry, descriptor.digest), referenced, given);
    // After the children: what is in the set already is not followed.
    for (const [, digits = ""] of text.matchAll(/sha256:([a-f0-9]{64})/g)) referenced.blobs.add(digits);
    if (descriptor.mediaType !== mediaType.manifest || given.has(hex)) return;
    const { config } = parseManifest(text, descriptor);
    referenced.layers.add(hex);
    for (const diffId of parseConfig(textOf(directories, config.digest), config.digest).diffIds)
      referenced.layers.add(diffId.slice("sha256:".length));
  } catch (error) {
    if (!(error instanceof CntnrError)) throw error;
  }
}

/** A document of the store; "" when it is gone. */
function textOf(directories: Directories, digest: Digest): string {
  return readIfThere(blobPath(directories, digest)) ?? "";
}
