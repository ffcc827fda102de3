import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Directories } from "./directories.ts";
import { openTemporaryFile } from "./temporary.ts";

/**
 * Replaces a file below <data> as a whole: whoever opens it, also after a crash or a power failure, finds the old text
 * or the new one. What a killed process was writing is in <data>/tmp, where it is cleared away.
 */
export function replaceFile(directories: Directories, path: string, text: string, mode = 0o600): void {
  using temporary = openTemporaryFile(directories);
  try {
    writeFileSync(temporary.fd, text);
    if (mode !== 0o600) fchmodSync(temporary.fd, mode);
    fsyncSync(temporary.fd);
    renameSync(temporary.path, path);
  } catch (error) {
    rmSync(temporary.path, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

/** Makes the names in a directory durable. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
