import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Directories } from "../store/directories.ts";
import {
  type LayerRecord,
  layerLinkPath,
  publishLayer,
  readLayer,
  withdrawUnfinished,
} from "../store/layers.ts";
import { syncDirectory } from "../store/replace-file.ts";
import { takeKey } from "../store/temporary.ts";
import { impliedMode } from "./layer-writer.ts";
import type { UnpackOptions } from "./unpack-layers.ts";
import { completeInWorker, copyDirectoriesInWorker, type WorkerRequest } from "./worker-process.ts";

/**
 * Makes the layer that goes on top of an image's (lowest first) so that directories without an entry look as the layers
 * below have them (implied-directories.ts). Undefined when they do so already, as with most images.
 * @param name the layer's name in the store, one for the image
 */
export async function completeLayers(
  directories: Directories,
  name: string,
  records: readonly LayerRecord[],
  options: UnpackOptions,
): Promise<LayerRecord | undefined> {
  const implied = new Set(records.slice(1).flatMap((record) => record.impliedDirectories));
  if (implied.size === 0) return undefined;
  if (implied.size === 1 && implied.has("") && haveUsualRoots(directories, records)) return undefined;
  const trees = records.map(({ link, impliedDirectories }) => ({
    path: layerLinkPath(directories, link),
    impliedDirectories,
  }));
  return makeTopLayer(directories, name, options, (request) => completeInWorker(request, trees));
}

/** Makes the layer that goes on top of another user's (lowest first): all directories of theirs, as our own (directory-skeleton.ts). */
export function copyLayersDirectories(
  directories: Directories,
  name: string,
  records: readonly LayerRecord[],
  options: UnpackOptions,
): Promise<LayerRecord | undefined> {
  const paths = records.map(({ link }) => layerLinkPath(directories, link));
  return makeTopLayer(directories, name, options, (request) => copyDirectoriesInWorker(request, paths));
}

/** A layer that a worker fills with directories; undefined when it has made none. */
async function makeTopLayer(
  directories: Directories,
  name: string,
  options: UnpackOptions,
  fill: (request: WorkerRequest) => Promise<number>,
): Promise<LayerRecord | undefined> {
  const wait = options.signal ? { signal: options.signal } : {};
  using key = await takeKey(directories, "layer", name, wait);
  const existing = readLayer(directories, name);
  if (existing) return existing;
  withdrawUnfinished(directories, name, key);
  await key.clear(options.mappings);
  const temporary = key.makeDirectory();
  const target = join(temporary, "tree");
  mkdirSync(target, { mode: impliedMode });
  try {
    if ((await fill({ target, mappings: options.mappings, lockFd: key.lockFd, ...wait })) === 0)
      return undefined;
    const record = { contentBytes: 0, impliedDirectories: [], isRootOpaque: false, hasOwnMarks: false };
    return publishLayer(directories, name, temporary, record);
  } finally {
    await key.clear(options.mappings);
    syncDirectory(directories.layers);
  }
}

/** Most layers imply nothing but their root, and most roots are as we make them up: no worker is needed to see that. */
function haveUsualRoots(directories: Directories, records: readonly LayerRecord[]): boolean {
  return records.every(({ link }) => {
    const { uid, gid, mode } = statSync(layerLinkPath(directories, link));
    return (mode & 0o7777) === impliedMode && uid === process.getuid?.() && gid === process.getgid?.();
  });
}
