import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { dirname, isAbsolute, normalize } from "node:path";

/** A file that could be somebody else's words: message says which, why, and what to do. */
export class TrustError extends Error {
  override readonly name = "TrustError";

  constructor(path: string, why: string) {
    super(`${path}: ${why}`);
  }
}

const maxSizeBytes = 1024 * 1024;
/** Reads of a file that changes under them, before giving up. */
const readAttempts = 3;
const writableByOthers = 0o022n;

/**
 * Reads a file that only root can have written (C1-C3): a regular file of root's, by one name, that neither group nor
 * others may write, in directories of which the same is true; opened without following a link or waiting for a FIFO,
 * judged and read by that one descriptor, and unchanged while it was read.
 * @param path absolute, without symbolic links
 * Throws TrustError.
 */
export function readTrustedFile(path: string): Buffer {
  requireTrustedDirectory(dirname(path));
  const fd = open(path);
  try {
    for (let attempt = 1; ; attempt++) {
      const before = fstatSync(fd, { bigint: true });
      requireTrusted(path, before);
      const content = readWhole(fd, path);
      const after = fstatSync(fd, { bigint: true });
      const isStable =
        before.size === BigInt(content.length) &&
        before.size === after.size &&
        before.mtimeNs === after.mtimeNs &&
        before.ctimeNs === after.ctimeNs;
      if (isStable) return content;
      if (attempt === readAttempts)
        throw new TrustError(path, "changes while it is read; write another file and rename it (C3)");
    }
  } finally {
    closeSync(fd);
  }
}

/** Requires that nobody but root can change what is in a directory or put another in its place. Throws TrustError. */
export function requireTrustedDirectory(path: string): void {
  if (!isAbsolute(path) || normalize(path) !== path)
    throw new TrustError(path, "must be an absolute path without . and ..");
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

function requireTrusted(path: string, status: ReturnType<typeof lstat>): void {
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

function lstat(path: string) {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    throw new TrustError(path, describeErrno(error));
  }
}

/** Reads to the end, or until it is clear that the file has grown too large. */
function readWhole(fd: number, path: string): Buffer {
  const buffer = Buffer.allocUnsafe(maxSizeBytes + 1);
  let length = 0;
  for (;;) {
    const count = readSync(fd, buffer, length, buffer.length - length, length);
    if (count === 0) return Buffer.from(buffer.subarray(0, length));
    length += count;
    if (length > maxSizeBytes) throw new TrustError(path, "is larger than 1 MiB");
  }
}

function describeErrno(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "does not exist";
  if (code === "ELOOP") return "is a symbolic link; put the file itself there";
  return `cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
}
