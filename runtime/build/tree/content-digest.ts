import { createHash, type Hash } from "node:crypto";
import { closeSync, constants, openSync, readlinkSync, readSync } from "node:fs";
import { CntnrError, messageOf } from "../../errors/cntnr-error.ts";
import type { ByteString } from "../../sys/file-calls.ts";
import { bytes, join, shown } from "./root-path.ts";
import type { SourceEntry } from "./walk-source.ts";

/** What of a file counts, beside its contents. */
export interface FileDescription {
  /** 07777 */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const readBytes = 1024 * 1024;
const buffer = Buffer.allocUnsafe(readBytes);

/**
 * A sum over what is copied: names, kinds, modes, owners, link targets, contents, and not the time. Two sources with the same
 * sum give the same layer, but for times.
 */
export class ContentDigest {
  readonly #hash: Hash = createHash("sha256");

  /** A file as it will be at the destination; `content` is the SHA-256 of a regular file. */
  add(name: ByteString, entry: SourceEntry, description: FileDescription, content: string): void {
    const { mode, uid, gid } = description;
    this.#hash.update(JSON.stringify([name, kindOf(entry), mode, uid, gid, content]));
  }

  hex(): string {
    return this.#hash.digest("hex");
  }
}

/** What a file consists of beside its description: a sum of its data, a link's target, a device's number. */
export function contentOf(root: ByteString, entry: SourceEntry): string {
  const path = join(root, entry.path);
  if (entry.status.isFile()) return hashFile(path, entry.path);
  if (entry.status.isSymbolicLink()) return readlinkSync(bytes(path), { encoding: "latin1" });
  return entry.status.isDirectory() ? "" : String(entry.status.rdev);
}

function kindOf({ status }: SourceEntry): string {
  if (status.isFile()) return "file";
  if (status.isDirectory()) return "directory";
  if (status.isSymbolicLink()) return "link";
  return status.isFIFO() ? "fifo" : "device";
}

function hashFile(path: ByteString, named: ByteString): string {
  const hash = createHash("sha256");
  let fd: number;
  try {
    fd = openSync(bytes(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw new CntnrError("build", `/${shown(named)} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  try {
    for (let count = read(fd); count > 0; count = read(fd)) hash.update(buffer.subarray(0, count));
  } finally {
    closeSync(fd);
  }
  return hash.digest("hex");
}

function read(fd: number): number {
  return readSync(fd, buffer, 0, readBytes, null);
}
