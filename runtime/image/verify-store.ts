import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { decompress } from "../layer/decompress.ts";
import type { Directories } from "../store/directories.ts";
import { type LayerRecord, layerLinkPath, listLayers, readLayer } from "../store/layers.ts";
import { lockStore } from "../store/store-lock.ts";
import { isBeingMade } from "../store/temporary.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { readImageDocuments } from "./add-image.ts";
import { damaged, verifyBlob } from "./blobs.ts";
import { blobPath } from "./digest.ts";
import { readIndex } from "./layout.ts";
import type { DiffId } from "./local-image.ts";
import { type Descriptor, descriptorOf, entryName, type IndexEntry, mediaType } from "./oci-documents.ts";
import { type ImageLayer, verifyTrees } from "./verify-trees.ts";

/** What is wrong in a store, one sentence each, and how much was looked at. */
export interface Verification {
  readonly problems: readonly string[];
  readonly images: number;
  readonly blobs: number;
  readonly blobBytes: number;
  readonly layers: number;
  /** How many unpacked layers were compared with their archives; undefined: that was not asked for. */
  readonly trees?: number;
}

export interface VerifyOptions {
  /** `contents`: unpacked layers are compared with their archives, too, which takes unpacking these again. */
  readonly unpacked?: "places" | "contents";
  /** Default: the user's (loadIdMappings). */
  readonly mappings?: IdMappings;
  readonly signal?: AbortSignal;
}

interface Look {
  /** Layers that were looked at, by digest and diff id. */
  readonly seen: Map<string, ImageLayer>;
  readonly signal: AbortSignal | undefined;
}

const readBytes = 4 * 1024 * 1024;

/**
 * Looks at everything in a store: the layout's own files, all that its index refers to, every blob against its name, and
 * whether unpacked layers are where their records say, or also what they are to be. Changes nothing.
 */
export async function verifyStore(
  directories: Directories,
  options: VerifyOptions = {},
): Promise<Verification> {
  const { unpacked = "places", signal, mappings = loadIdMappings() } = options;
  using _ = await lockStore(directories, "shared", signal ? { signal } : {});
  const problems: string[] = [];
  const seen = new Map<string, ImageLayer>();
  const images = await verifyImages(directories, problems, { seen, signal });
  const blobs = await verifyBlobs(directories, problems, signal);
  const layers = verifyLayers(directories, problems);
  const facts = { problems, images, ...blobs, layers };
  if (unpacked === "places") return facts;
  const compared = await verifyTrees(directories, seen.values(), mappings, signal);
  problems.push(...compared.problems);
  return { ...facts, trees: compared.trees };
}

async function verifyImages(directories: Directories, problems: string[], look: Look): Promise<number> {
  if (!existsSync(join(directories.images, "index.json"))) return 0;
  attempt(problems, () => checkMarker(directories));
  const entries = attempt(problems, () => readIndex(directories).manifests) ?? [];
  const names = new Set<string>();
  for (const entry of entries) {
    const name = entryName(entry);
    if (name !== "" && names.has(name)) problems.push(`the index has two images called ${name}`);
    names.add(name);
    await verifyEntry(directories, entry, problems, look);
  }
  return entries.length;
}

/** image-spec, image-layout.md, "oci-layout file". */
function checkMarker(directories: Directories): void {
  const path = join(directories.images, "oci-layout");
  const marker: unknown = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
  const isMarker = typeof marker === "object" && marker !== null && "imageLayoutVersion" in marker;
  if (!isMarker || marker.imageLayoutVersion !== "1.0.0")
    throw new CntnrError("corrupt", `${path} does not say that this is an image layout of version 1.0.0`);
}

async function verifyEntry(
  directories: Directories,
  entry: IndexEntry,
  problems: string[],
  { seen, signal }: Look,
): Promise<void> {
  const name = entryName(entry) || "an image without a name";
  const tell = (error: unknown) => {
    if (!(error instanceof CntnrError)) throw error;
    problems.push(`${name}: ${error.message}`);
  };
  let parts: readonly Descriptor[] = [];
  try {
    const descriptor = descriptorOf(entry, "its entry in the index");
    if (descriptor.mediaType !== mediaType.manifest) return await verifyBlob(directories, descriptor, signal);
    const { manifest, config } = readImageDocuments(directories, descriptor);
    if (config.rootfs.diff_ids.length !== manifest.layers.length)
      problems.push(
        `${name}: ${manifest.layers.length} layers, but its configuration names ${config.rootfs.diff_ids.length}`,
      );
    parts = manifest.layers;
    for (const [index, layer] of parts.entries())
      await verifyLayer(directories, layer, config.rootfs.diff_ids[index], seen).catch(tell);
  } catch (error) {
    tell(error);
  }
}

/** A layer's blob is there, as long as its image says, and unpacks to the archive that its image means. */
async function verifyLayer(
  directories: Directories,
  layer: Descriptor,
  diffId: DiffId | undefined,
  seen: Map<string, ImageLayer>,
): Promise<void> {
  const path = blobPath(directories, layer.digest);
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) throw new CntnrError("corrupt", `blob ${layer.digest} is missing in the store`);
  // What is wrong with its contents is said once, with all blobs.
  if (status.size !== layer.size) throw damaged(layer);
  const key = `${layer.digest} ${diffId}`;
  if (diffId === undefined || seen.has(key)) return;
  seen.set(key, { descriptor: layer, diffId });
  const hash = createHash("sha256");
  const fd = openSync(path, "r");
  try {
    for await (const chunk of decompress(() => readChunk(fd))) hash.update(chunk);
  } finally {
    closeSync(fd);
  }
  const found = `sha256:${hash.digest("hex")}`;
  if (found !== diffId)
    throw new CntnrError("corrupt", `blob ${layer.digest} unpacks to ${found}, and not to ${diffId}`);
}

function readChunk(fd: number): Buffer | undefined {
  const chunk = Buffer.allocUnsafe(readBytes);
  const bytes = readSync(fd, chunk, 0, readBytes, null);
  return bytes === 0 ? undefined : chunk.subarray(0, bytes);
}

async function verifyBlobs(
  directories: Directories,
  problems: string[],
  signal: AbortSignal | undefined,
): Promise<{ blobs: number; blobBytes: number }> {
  const directory = join(directories.images, "blobs/sha256");
  const buffer = Buffer.allocUnsafe(readBytes);
  let blobBytes = 0;
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  for (const name of names) {
    if (!/^[a-f0-9]{64}$/.test(name)) {
      problems.push(`${join(directory, name)} is not a blob`);
      continue;
    }
    const hash = createHash("sha256");
    await using file = await open(join(directory, name));
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, readBytes);
      if (bytesRead === 0) break;
      blobBytes += bytesRead;
      hash.update(buffer.subarray(0, bytesRead));
    }
    if (hash.digest("hex") !== name)
      problems.push(`blob sha256:${name} does not have the contents that its digest stands for`);
  }
  return { blobs: names.length, blobBytes };
}

function verifyLayers(directories: Directories, problems: string[]): number {
  const names = listLayers(directories);
  for (const name of names) {
    const record = attempt(problems, () => readLayer(directories, name));
    if (record && targetOf(directories, record) !== join(directories.layers, name, "tree"))
      problems.push(`layer ${name} is not where its link ${record.link} says`);
    else if (!record && isAbandoned(directories, name))
      problems.push(`layer ${name} has no record: remove ${join(directories.layers, name)}`);
  }
  return names.length;
}

/** Where a layer's link leads; undefined when there is nothing. */
function targetOf(directories: Directories, { link }: LayerRecord): string | undefined {
  const path = layerLinkPath(directories, link);
  try {
    const target = resolve(dirname(path), readlinkSync(path));
    return existsSync(target) ? target : undefined;
  } catch (error) {
    if (hasErrno(error, "ENOENT", "EINVAL")) return undefined;
    throw error;
  }
}

/** A layer without a record that nobody is about to write. */
function isAbandoned(directories: Directories, name: string): boolean {
  if (isBeingMade(directories, "layer", name)) return false;
  const path = join(directories.layers, name);
  return existsSync(path) && !existsSync(join(path, "layer.json"));
}

function attempt<T>(problems: string[], look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const isProblem =
      error instanceof CntnrError || error instanceof SyntaxError || hasErrno(error, "EACCES");
    if (!isProblem || !(error instanceof Error)) throw error;
    problems.push(error.message);
    return undefined;
  }
}
