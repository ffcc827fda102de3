import { rmSync } from "node:fs";
import { isOpaqueDirectory, isWhiteout } from "../../layer/deletion-marks.ts";
import type { ByteString } from "../../sys/file-calls.ts";
import { bytes, join, statusOf } from "./root-path.ts";
import { namesIn } from "./select-sources.ts";

/**
 * Removes from a root file system what some layers hide of it, so that a copy of these layers' merged files on top of it is all
 * that they do: what they have whiteouts for, directories that they have made anew, and files in the place of whose kind
 * they have another. An overlay at the root turns each removal into a whiteout of its own where one is needed.
 * @param layers roots of the unpacked layers
 * @param merged root of an overlay of them
 */
export function removeHidden(root: ByteString, layers: readonly ByteString[], merged: ByteString): void {
  for (const layer of layers) removeInDirectory(root, layer, merged, "");
}

function removeInDirectory(
  root: ByteString,
  layer: ByteString,
  merged: ByteString,
  directory: ByteString,
): void {
  for (const name of namesIn(layer, directory)) {
    const path = join(directory, name);
    const status = statusOf(layer, path);
    if (!status) continue;
    const there = statusOf(root, path);
    const shown = statusOf(merged, path);
    const isDirectory = there?.isDirectory();
    // Also for a while: what is a directory again at the end has nothing of the old one.
    const isReplaced =
      shown !== undefined && (isDirectory !== shown.isDirectory() || (isDirectory && !status.isDirectory()));
    const isHidden =
      isWhiteout(join(layer, path), status) ||
      isReplaced ||
      (status.isDirectory() && isOpaqueDirectory(join(layer, path)));
    if (there && isHidden) rmSync(bytes(join(root, path)), { recursive: true });
    if (status.isDirectory()) removeInDirectory(root, layer, merged, path);
  }
}
