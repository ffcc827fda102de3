import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { layerLinkPath, listLayers, readLayer } from "../store/layers.ts";
import { lockStore } from "../store/store-lock.ts";
import { readImageDocuments } from "./add-image.ts";
import { verifyBlob } from "./blobs.ts";
import { readIndex } from "./layout.ts";
import { type Descriptor, descriptorOf, entryName, type IndexEntry, mediaType } from "./oci-documents.ts";

/** What is wrong in a store, one sentence each, and how much was looked at. */
export interface Verification {
  readonly problems: readonly string[];
  readonly images: number;
  readonly blobs: number;
  readonly blobBytes: number;
  readonly layers: number;
}

const readBytes = 4 * 1024 * 1024;

/**
 * Looks at everything in a store: the layout's own files, all that its index refers to, every blob against its name, and
 * whether unpacked layers are where their records say. Changes nothing.
 */
export async function verifyStore(
  directories: Directories,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Verification> {
  using _ = await lockStore(directories, "shared", options);
  const problems: string[] = [];
  const images = await verifyImages(directories, problems, options.signal);
  const blobs = await verifyBlobs(directories, problems, options.signal);
  const layers = verifyLayers(directories, problems);
  return { problems, images, ...blobs, layers };
}

async function verifyImages(
  directories: Directories,
  problems: string[],
  signal: AbortSignal | undefined,
): Promise<number> {
  if (!existsSync(join(directories.images, "index.json"))) return 0;
  attempt(problems, () => checkMarker(directories));
  const entries = attempt(problems, () => readIndex(directories).manifests) ?? [];
  const names = new Set<string>();
  for (const entry of entries) {
    const name = entryName(entry);
    if (name !== "" && names.has(name)) problems.push(`the index has two images called ${name}`);
    names.add(name);
    await verifyEntry(directories, entry, problems, signal);
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
  signal: AbortSignal | undefined,
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
  } catch (error) {
    tell(error);
  }
  // Contents are looked at with all blobs; here it is whether they are there, and as long as they should be.
  for (const part of parts)
    if (!existsSync(join(directories.images, "blobs", part.digest.replace(":", "/"))))
      problems.push(`${name}: blob ${part.digest} is missing in the store`);
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
    if (record && !existsSync(layerLinkPath(directories, record.link)))
      problems.push(`layer ${name} is not where its link ${record.link} says`);
    else if (!record && existsSync(join(directories.layers, name)))
      problems.push(`layer ${name} has no record: remove ${join(directories.layers, name)}`);
  }
  return names.length;
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
