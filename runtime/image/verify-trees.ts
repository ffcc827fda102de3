import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../errors/cntnr-error.ts";
import { compareInWorker, unpackInWorker } from "../layer/worker-process.ts";
import type { Directories } from "../store/directories.ts";
import { type LayerRecord, layerName, readLayer } from "../store/layers.ts";
import { newKey, type TemporaryKey } from "../store/temporary.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { blobPath, hexOf, hexOfDiffId } from "./digest.ts";
import type { DiffId } from "./local-image.ts";
import type { Descriptor } from "./oci-documents.ts";

/** A layer of an image, and what its archive is to be. */
export interface ImageLayer {
  readonly descriptor: Descriptor;
  readonly diffId: DiffId;
}

/**
 * Unpacks each of these layers again that is unpacked, and compares the two trees. Returns what is wrong, a sentence each, and how many
 * were compared. Needs room for one layer at a time, and none afterwards.
 */
export async function verifyTrees(
  directories: Directories,
  layers: Iterable<ImageLayer>,
  mappings: IdMappings,
  signal: AbortSignal | undefined,
): Promise<{ readonly problems: readonly string[]; readonly trees: number }> {
  const problems: string[] = [];
  let trees = 0;
  using key = await newKey(directories, "layer");
  for (const layer of layers) {
    signal?.throwIfAborted();
    const name = layerName(hexOfDiffId(layer.diffId), mappings);
    const record = readLayer(directories, name);
    if (!record) continue;
    trees++;
    try {
      const problem = await compareLayer(directories, layer, { name, record }, { key, mappings, signal });
      if (problem !== undefined) problems.push(problem);
    } catch (error) {
      signal?.throwIfAborted();
      problems.push(`layer ${name} cannot be compared with its archive: ${messageOf(error)}`);
    } finally {
      await key.clear(mappings);
    }
  }
  return { problems, trees };
}

interface Means {
  readonly key: TemporaryKey;
  readonly mappings: IdMappings;
  readonly signal: AbortSignal | undefined;
}

async function compareLayer(
  directories: Directories,
  { descriptor, diffId }: ImageLayer,
  { name, record }: { readonly name: string; readonly record: LayerRecord },
  { key, mappings, signal }: Means,
): Promise<string | undefined> {
  const target = join(key.makeDirectory(), "tree");
  mkdirSync(target, { mode: 0o755 });
  const common = { target, mappings, lockFd: key.lockFd, ...(signal ? { signal } : {}) };
  const blobFd = openSync(blobPath(directories, descriptor.digest), "r");
  try {
    const job = {
      blobSha256: hexOf(descriptor.digest),
      blobBytes: descriptor.size,
      diffSha256: hexOfDiffId(diffId),
    };
    const outcome = await unpackInWorker({ ...common, blobFd, job, onProgress: () => undefined });
    // What is wrong with the blob is told of where blobs are looked at.
    if (!outcome.ok) return undefined;
  } finally {
    closeSync(blobFd);
  }
  const place = join(directories.layers, name);
  const { count, shown } = await compareInWorker(common, {
    tree: join(place, "tree"),
    impliedDirectories: record.impliedDirectories,
  });
  if (count === 0) return undefined;
  const more = count > shown.length ? `, and ${count - shown.length} more` : "";
  return `layer ${name} was changed: ${shown.join(", ")}${more}; remove ${place}, and it is unpacked again`;
}
