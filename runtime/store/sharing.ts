import { chmodSync, statSync } from "node:fs";
import type { Directories } from "./directories.ts";
import { replaceFile } from "./replace-file.ts";

/**
 * Lets those read what was just written who may read the store: its owner has shared it by `chmod 755` (or 750) of its
 * directory. A private store, which is what we make, is left alone.
 */
export function shareLikeStore(directories: Directories, path: string): void {
  const others = sharedBits(directories);
  if (others === 0) return;
  const status = statSync(path);
  const readers = status.isDirectory() ? others : others & 0o044;
  chmodSync(path, (status.mode & 0o7700) | readers);
}

/** Replaces a file as a whole (replace-file.ts), and lets those read it who may read the store. */
export function replaceSharedFile(directories: Directories, path: string, text: string): void {
  replaceFile(directories, path, text, 0o600 | (sharedBits(directories) & 0o044));
}

function sharedBits(directories: Directories): number {
  return statSync(directories.data).mode & 0o055;
}
