import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Directories } from "../store/directories.ts";
import { type LayerRecord, layerLinkPath, publishLayer, readLayer } from "../store/layers.ts";
import { syncDirectory } from "../store/replace-file.ts";
import { takeKey } from "../store/temporary.ts";
import { impliedMode } from "./layer-writer.ts";
import type { UnpackOptions } from "./unpack-layers.ts";
import { completeInWorker } from "./worker-process.ts";

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
  const wait = options.signal ? { signal: options.signal } : {};
  using key = await takeKey(directories, "layer", name, wait);
  const existing = readLayer(directories, name);
  if (existing) return existing;
  await key.clear(options.mappings);
  const temporary = key.makeDirectory();
  const target = join(temporary, "tree");
  mkdirSync(target, { mode: impliedMode });
  const request = { target, mappings: options.mappings, lockFd: key.lockFd, ...wait };
  const trees = records.map(({ link, impliedDirectories }) => ({
    path: layerLinkPath(directories, link),
    impliedDirectories,
  }));
  try {
    if ((await completeInWorker(request, trees)) === 0) return undefined;
    const record = { contentBytes: 0, impliedDirectories: [], isRootOpaque: false };
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
