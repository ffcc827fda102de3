import { existsSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { tryLockFile } from "../sys/file-lock.ts";
import type { Directories } from "./directories.ts";
import { namesIn } from "./list-directory.ts";
import type { TemporaryKey } from "./temporary.ts";

/*
 *     <data>/build/mounts/<name>/tree    a directory that RUN --mount=type=cache shows
 *     <data>/build/mounts/<name>.lock    held by whoever uses it; its modification time is that of the last use
 *
 * The tree is a level below what is renamed: a directory of another owner (a sub-id) could not be moved.
 */

/** Where the directories of cache mounts are. */
export function cacheMountFolder(directories: Directories): string {
  return join(directories.build, "mounts");
}

/** Says that a cache mount is used now. For who holds its lock. */
export function touchCacheMount(path: string): void {
  const now = new Date();
  utimesSync(`${path}.lock`, now, now);
}

/**
 * Moves the directories of cache mounts away that nobody uses, and nobody has used for this long. Returns how many.
 * Only under the exclusive lock of the store.
 */
export function withdrawCacheMounts(
  directories: Directories,
  removed: TemporaryKey,
  unusedMs: number,
  now: number = Date.now(),
): number {
  const folder = cacheMountFolder(directories);
  let count = 0;
  for (const name of namesIn(folder).filter((file) => file.endsWith(".lock"))) {
    const lockPath = join(folder, name);
    if (now - statSync(lockPath).mtimeMs < unusedMs) continue;
    using lock = tryLockFile(lockPath, "exclusive");
    if (!lock) continue;
    const path = lockPath.slice(0, -".lock".length);
    if (existsSync(path)) {
      renameSync(path, removed.newPath());
      count++;
    }
    // While it is held: who waits for it finds that, and makes a new one.
    rmSync(lockPath);
  }
  return count;
}
