import { join } from "node:path";
import { type FileLock, type LockMode, type LockOptions, lockFile } from "../sys/file-lock.ts";
import type { Directories } from "./directories.ts";

/**
 * The lock between those who use what nothing refers to yet and those who remove what nothing refers to.
 *
 * Shared: a pull (its blobs and layers are not in the index before its end), and the making of a container, from
 * resolving its image until its record is written. Exclusive: collecting garbage.
 */
export function lockStore(
  directories: Directories,
  mode: LockMode,
  options?: LockOptions,
): Promise<FileLock> {
  return lockFile(join(directories.data, "store.lock"), mode, options);
}

/** The lock of whoever changes images/index.json; readers need none, because the file is replaced as a whole. */
export function lockIndex(directories: Directories, options?: LockOptions): Promise<FileLock> {
  return lockFile(join(directories.data, "index.lock"), "exclusive", options);
}
