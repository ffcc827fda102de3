import { closeSync, constants, mkdirSync, openSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import {
  ensureLink,
  type LayerRecord,
  layerName,
  publishLayer,
  readLayer,
  withdrawUnfinished,
} from "../store/layers.ts";
import { syncDirectory } from "../store/replace-file.ts";
import { syncFileSystem } from "../store/sync-file-system.ts";
import { type TemporaryKey, takeKey } from "../store/temporary.ts";
import { spreadSubdirectories } from "../sys/directory-flags.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { DamagedBlobError } from "./damaged-blob-error.ts";
import type { LayerReport } from "./layer-writer.ts";
import { unpackInWorker } from "./worker-process.ts";

/** A layer's blob in the store; digests are bare hexadecimal SHA-256. */
export interface LayerBlob {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Of the uncompressed archive. */
  readonly diffSha256: string;
}

export interface UnpackOptions {
  readonly mappings: IdMappings;
  readonly signal?: AbortSignal;
  /** Bytes of a blob that are unpacked. */
  readonly onProgress?: (blob: LayerBlob, doneBytes: number) => void;
}

/** What unpacking could not do as the archive says; the same for each layer that was unpacked now. */
export type UnpackRemarks = Pick<LayerReport, "skippedDevices" | "droppedAttributes" | "unmappedOwners">;

export interface UnpackedLayers {
  /** In the order of the blobs. */
  readonly records: readonly LayerRecord[];
  readonly remarks: UnpackRemarks;
}

/**
 * Unpacks those of the layers that are not unpacked yet, several at a time, each by a worker of its own, and
 * makes them durable. Several processes may do it for the same layers: one of them works, the others wait for it.
 * Throws DamagedBlobError, or CntnrError for what a layer is or the machine cannot do.
 */
export async function unpackLayers(
  directories: Directories,
  blobs: readonly LayerBlob[],
  options: UnpackOptions,
): Promise<UnpackedLayers> {
  const remarks = { skippedDevices: 0, droppedAttributes: 0, unmappedOwners: 0 };
  {
    using stack = new DisposableStack();
    const missing = await takeMissing(directories, blobs, options, stack);
    if (missing.length > 0) {
      spreadSubdirectories(directories.tmp);
      const unpacked = await unpackAll(missing, options);
      await publishAll(directories, unpacked, options);
      for (const { report } of unpacked) {
        remarks.skippedDevices += report.skippedDevices;
        remarks.droppedAttributes += report.droppedAttributes;
        remarks.unmappedOwners += report.unmappedOwners;
      }
    }
  }
  const records = blobs.map((blob) => {
    const record = readLayer(directories, layerName(blob.diffSha256, options.mappings));
    if (record) return record;
    throw new CntnrError("conflict", `layer sha256:${blob.diffSha256} was removed while it was needed`);
  });
  return { records, remarks };
}

interface MissingLayer {
  readonly name: string;
  readonly blob: LayerBlob;
  readonly key: TemporaryKey;
}

interface NewLayer extends MissingLayer {
  readonly directory: string;
  readonly report: LayerReport;
}

/** The layers to unpack, with the right to it. Taken in one order by everybody, so that no two wait for each other. */
async function takeMissing(
  directories: Directories,
  blobs: readonly LayerBlob[],
  options: UnpackOptions,
  stack: DisposableStack,
): Promise<MissingLayer[]> {
  const byName = new Map(blobs.map((blob) => [layerName(blob.diffSha256, options.mappings), blob]));
  const missing: MissingLayer[] = [];
  for (const [name, blob] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const unpacked = readLayer(directories, name);
    if (unpacked) {
      ensureLink(directories, name, unpacked);
      continue;
    }
    const wait = options.signal ? { signal: options.signal } : {};
    const key = stack.use(await takeKey(directories, "layer", name, wait));
    if (readLayer(directories, name)) continue;
    withdrawUnfinished(directories, name, key);
    await key.clear(options.mappings);
    missing.push({ name, blob, key });
  }
  return missing;
}

async function unpackAll(missing: readonly MissingLayer[], options: UnpackOptions): Promise<NewLayer[]> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  // The largest first: it is what the others are done beside.
  const queue = [...missing].sort((a, b) => b.blob.sizeBytes - a.blob.sizeBytes);
  const done: NewLayer[] = [];
  const work = async () => {
    for (let layer = queue.shift(); layer; layer = queue.shift())
      done.push(await unpackOne(layer, options, signal));
  };
  const workers = Array.from({ length: Math.min(availableParallelism(), missing.length) }, async () => {
    try {
      await work();
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  // All of them, before the directories are removed under them.
  const failures = (await Promise.allSettled(workers)).filter((result) => result.status === "rejected");
  if (failures.length > 0) {
    for (const { key } of missing) await key.clear(options.mappings);
    options.signal?.throwIfAborted();
    throw stop.signal.reason;
  }
  return done;
}

async function unpackOne(
  layer: MissingLayer,
  options: UnpackOptions,
  signal: AbortSignal,
): Promise<NewLayer> {
  const { blob, key } = layer;
  using file = openBlob(blob);
  const directory = key.makeDirectory();
  const target = join(directory, "tree");
  mkdirSync(target, { mode: 0o755 });
  const outcome = await unpackInWorker({
    blobFd: file.fd,
    target,
    job: { blobSha256: blob.sha256, blobBytes: blob.sizeBytes, diffSha256: blob.diffSha256 },
    mappings: options.mappings,
    lockFd: key.lockFd,
    onProgress: (doneBytes) => options.onProgress?.(blob, doneBytes),
    signal,
  });
  if (outcome.ok) return { ...layer, directory, report: outcome.report };
  if (outcome.isBlobDamaged) throw new DamagedBlobError(blob.sha256, outcome.message);
  throw new CntnrError(outcome.code, `${outcome.message} (layer sha256:${blob.sha256})`);
}

function openBlob(blob: LayerBlob): Disposable & { readonly fd: number } {
  try {
    const fd = openSync(blob.path, constants.O_RDONLY | constants.O_NOFOLLOW);
    return { fd, [Symbol.dispose]: () => closeSync(fd) };
  } catch (error) {
    if (hasErrno(error, "ENOENT"))
      throw new DamagedBlobError(blob.sha256, `blob sha256:${blob.sha256} is missing`);
    throw error;
  }
}

async function publishAll(
  directories: Directories,
  layers: readonly NewLayer[],
  options: UnpackOptions,
): Promise<void> {
  // Before the names are there: a layer that is named is taken to be whole, also after a power failure.
  await syncFileSystem(directories.tmp, options.signal);
  for (const { name, directory, report } of layers)
    publishLayer(directories, name, directory, {
      contentBytes: report.contentBytes,
      impliedDirectories: [...report.impliedDirectories],
      isRootOpaque: report.isRootOpaque,
      hasOwnMarks: report.hasOwnMarks,
    });
  syncDirectory(directories.layerLinks);
  syncDirectory(directories.layers);
}
