import { type BigIntStats, closeSync, constants, openSync, readlinkSync } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";
import { isForArchives } from "../layer/layer-writer.ts";
import { copyContents } from "../sys/copy-contents.ts";
import {
  type ByteString,
  closeFile,
  createFile,
  type FileTime,
  fileType,
  getAttribute,
  listAttributes,
  makeHardLink,
  makeNode,
  makeSymbolicLink,
  setAttribute,
  setMode,
  setOwner,
  setTimes,
} from "../sys/file-calls.ts";

/** Copies single files, links and fifos with all that belongs to them. */
export class NodeCopier {
  /** First copies of files with several names, by device and inode. */
  readonly #linked = new Map<string, ByteString>();

  /** @param to nothing is there yet */
  copy(from: ByteString, to: ByteString, status: BigIntStats): void {
    const key = status.nlink > 1n ? `${status.dev}:${status.ino}` : undefined;
    const first = key === undefined ? undefined : this.#linked.get(key);
    if (first !== undefined) {
      makeHardLink(first, to);
      return;
    }
    if (key !== undefined) this.#linked.set(key, to);
    if (status.isFile()) copyFile(from, to, Number(status.size));
    else if (status.isSymbolicLink()) makeSymbolicLink(targetOf(from), to);
    else if (status.isFIFO()) makeNode(to, fileType.fifo | 0o600);
    else if (status.isSocket()) makeNode(to, fileType.socket | 0o600);
    // Only real root can make devices, so no layer of ours has one.
    else return;
    copyDescription(from, to, status);
  }
}

/** Gives a file the owner, mode, attributes and times of another one. */
export function copyDescription(from: ByteString, to: ByteString, status: BigIntStats): void {
  copyOwner(to, status);
  // After the owner: changing that takes set-id bits and capabilities away.
  if (!status.isSymbolicLink()) setMode(to, Number(status.mode) & 0o7777);
  for (const name of listAttributes(from)) if (isForArchives(name)) copyAttribute(from, to, name);
  setTimes(to, timeOf(status));
}

function copyAttribute(from: ByteString, to: ByteString, name: ByteString): void {
  const value = getAttribute(from, name);
  try {
    if (value) setAttribute(to, name, value);
  } catch (error) {
    // What the file system or the user's rights do not allow is lost, as with any copy.
    if (!hasErrno(error, "EOPNOTSUPP", "EPERM")) throw error;
  }
}

/** What belongs to somebody who is nobody here, in a store of another user's, becomes root's. */
function copyOwner(to: ByteString, { uid, gid }: BigIntStats): void {
  try {
    setOwner(to, Number(uid), Number(gid));
  } catch (error) {
    if (!hasErrno(error, "EINVAL")) throw error;
  }
}

function copyFile(from: ByteString, to: ByteString, sizeBytes: number): void {
  const source = openSync(bytes(from), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const target = createFile(to, 0o600);
    try {
      copyContents(source, target, sizeBytes);
    } finally {
      closeFile(target);
    }
  } finally {
    closeSync(source);
  }
}

function targetOf(path: ByteString): ByteString {
  return readlinkSync(bytes(path), { encoding: "latin1" });
}

function timeOf({ mtimeNs }: BigIntStats): FileTime {
  const perSecond = 1_000_000_000n;
  const nanoseconds = ((mtimeNs % perSecond) + perSecond) % perSecond;
  return { seconds: Number((mtimeNs - nanoseconds) / perSecond), nanoseconds: Number(nanoseconds) };
}

export function bytes(path: ByteString): Buffer {
  return Buffer.from(path, "latin1");
}
