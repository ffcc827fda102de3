import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  statSync,
} from "node:fs";
import { dirname, isAbsolute, normalize } from "node:path";
import { setTimeout } from "node:timers/promises";

/** A file that is not to be read, because it could be somebody else's words or is no file: message says which, why, and what to do. */
export class TrustError extends Error {
  override readonly name = "TrustError";

  constructor(path: string, why: string) {
    super(`${path}: ${why}`);
  }
}

const maxSizeBytes = 1024 * 1024;
/** Reads of a file that changes under them, before giving up. */
const readAttempts = 4;
/** Times of files go by the kernel's tick, so that two writes within one of them (10 ms at most) look like none. */
const settledMs = 50;
const writableByOthers = 0o022n;

/**
 * Reads a file that only root can have written (C1-C3): a regular file of root's, by one name, that neither group nor
 * others may write, in directories of which the same is true; opened without following a link or waiting for a FIFO,
 * judged and read by that one descriptor, and unchanged while it was read. Waits a moment for a file that was written
 * just now.
 * @param path absolute, without symbolic links
 * Throws TrustError.
 */
export async function readTrustedFile(path: string): Promise<Buffer> {
  requirePlainPath(path);
  requireTrustedDirectory(dirname(path));
  const fd = open(path);
  try {
    for (let attempt = 1; attempt <= readAttempts; attempt++) {
      const before = fstatSync(fd, { bigint: true });
      requireTrusted(path, before);
      const content = readWhole(fd, path, maxSizeBytes);
      if (isUnchanged(before, fstatSync(fd, { bigint: true }), content)) return content;
      await setTimeout(settledMs + 10);
    }
    throw new TrustError(path, "changes while it is read; write another file and rename it (C3)");
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads a file that somebody names to have it looked at, whoever can write it: a regular one of limited size, so that
 * neither a FIFO nor a device nor a file without end is waited for.
 * Throws TrustError, and the system calls' errors.
 */
export function readDraft(path: string, mostBytes = maxSizeBytes): Buffer {
  // Asked before opening, too: some devices do something when they are opened.
  requireRegular(path, statSync(path));
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    requireRegular(path, fstatSync(fd));
    return readWhole(fd, path, mostBytes);
  } finally {
    closeSync(fd);
  }
}

function requireRegular(path: string, status: { isFile(): boolean; isDirectory(): boolean }): void {
  if (status.isDirectory()) throw new TrustError(path, "a file is needed, and this is a directory");
  if (!status.isFile()) throw new TrustError(path, "is not a regular file; write what it gives into one");
}

function isUnchanged(before: BigIntStats, after: BigIntStats, content: Buffer): boolean {
  // The change time cannot be set; one far ahead is from before the clock was set back.
  const isSettled = Math.abs(Date.now() - Number(after.ctimeMs)) > settledMs;
  return (
    isSettled &&
    after.size === BigInt(content.length) &&
    after.size === before.size &&
    after.mtimeNs === before.mtimeNs &&
    after.ctimeNs === before.ctimeNs
  );
}

function requirePlainPath(path: string): void {
  if (!isAbsolute(path) || normalize(path) !== path)
    throw new TrustError(path, "must be an absolute path without . and ..");
}

/** Requires that nobody but root can change what is in a directory or put another in its place. Throws TrustError. */
export function requireTrustedDirectory(path: string): void {
  requirePlainPath(path);
  if (path !== "/") requireTrustedDirectory(dirname(path));
  const status = lstat(path);
  if (status.isSymbolicLink())
    throw new TrustError(path, "is a symbolic link; name the directory that it leads to");
  if (!status.isDirectory()) throw new TrustError(path, "is not a directory");
  requireRootsAlone(path, status);
}

interface Ownership {
  readonly uid: bigint;
  readonly mode: bigint;
}

function requireRootsAlone(path: string, { uid, mode }: Ownership): void {
  if (uid !== 0n) throw new TrustError(path, `belongs to uid ${uid}, not to root; run chown root ${path}`);
  if ((mode & writableByOthers) !== 0n)
    throw new TrustError(path, `can be written by group or others; run chmod go-w ${path}`);
}

function requireTrusted(path: string, status: BigIntStats): void {
  if (!status.isFile()) throw new TrustError(path, "is not a regular file");
  requireRootsAlone(path, status);
  if (status.nlink !== 1n) throw new TrustError(path, "has other names (hard links); copy it");
  if (status.size > BigInt(maxSizeBytes)) throw new TrustError(path, "is larger than 1 MiB");
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw new TrustError(path, describeErrno(error));
  }
}

function lstat(path: string): BigIntStats {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    throw new TrustError(path, describeErrno(error));
  }
}

const blockBytes = 64 * 1024;

/** Reads to the end, or until it is clear that the file is too large. */
function readWhole(fd: number, path: string, mostBytes: number): Buffer {
  const blocks: Buffer[] = [];
  for (let length = 0; ; ) {
    const block = Buffer.allocUnsafe(blockBytes);
    const count = readSync(fd, block, 0, blockBytes, length);
    if (count === 0) return Buffer.concat(blocks);
    blocks.push(block.subarray(0, count));
    length += count;
    if (length > mostBytes) throw new TrustError(path, `is larger than ${mostBytes / maxSizeBytes} MiB`);
  }
}

function describeErrno(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "does not exist";
  if (code === "ELOOP") return "is a symbolic link; put the file itself there";
  return `cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
}
