import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../errors.ts";
import type { LogTail } from "./resume.ts";

const blockBytes = 65_536;
const newline = 0x0a;

/** The open log file: only whole lines go in, and what other programs do to it is noticed. */
export class LogFile implements Disposable {
  readonly #fd: number;
  readonly #inode: number;
  #sizeBytes = 0;
  #isOpen = true;

  /** Opens or makes it. Throws for anything but a regular file that this service's user alone can write. */
  constructor(readonly path: string) {
    makeDirectory(dirname(path));
    // O_NONBLOCK: a FIFO in its place must not make the service wait for a reader.
    const flags =
      constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const unfit = `${path}: not a regular file that only this service's user can write: move it away`;
    try {
      this.#fd = openSync(path, flags, 0o640);
    } catch (cause) {
      throw isOtherKind(cause) ? new Error(unfit, { cause }) : cause;
    }
    const status = fstatSync(this.#fd);
    if (!status.isFile() || status.uid !== process.getuid?.() || (status.mode & 0o022) !== 0) {
      closeSync(this.#fd);
      throw new Error(unfit);
    }
    this.#inode = status.ino;
  }

  /** Reads how the file ends, and takes it to be ours from now on: {@link change} compares with this. */
  adopt(): LogTail {
    const { size } = fstatSync(this.#fd);
    let bytes = Buffer.alloc(0);
    let start = size;
    // Until there is a newline before the last whole line.
    while (start > 0 && bytes.indexOf(newline) === bytes.lastIndexOf(newline)) {
      const length = Math.min(blockBytes, start);
      start -= length;
      const block = Buffer.alloc(length);
      readSync(this.#fd, block, 0, length, start);
      bytes = Buffer.concat([block, bytes]);
    }
    this.#sizeBytes = size;
    const end = bytes.lastIndexOf(newline);
    const lineStart = end <= 0 ? 0 : bytes.lastIndexOf(newline, end - 1) + 1;
    return { lastLine: end < 0 ? undefined : bytes.subarray(lineStart, end), rest: bytes.subarray(end + 1) };
  }

  /** Cuts the last `sizeBytes` bytes off. */
  cut(sizeBytes: number): void {
    try {
      this.#truncate(this.#sizeBytes - sizeBytes);
    } catch (cause) {
      const what = `${this.path}: half a line at its end cannot be cut off`;
      throw new Error(`${what} (if the file has the attribute "append only", take it away: chattr -a)`, {
        cause,
      });
    }
  }

  /** What another program has done to the file since our last line; undefined when nothing. */
  change(): string | undefined {
    const status = fstatSync(this.#fd);
    if (status.nlink === 0) return "the log was removed while it was in use";
    if (status.size < this.#sizeBytes)
      return "the log was shortened by another program (copytruncate of logrotate loses lines: use create)";
    if (status.size > this.#sizeBytes) return "another program has written into the log";
    return undefined;
  }

  /** Whether its name leads to another file by now, or to none. */
  isReplaced(): boolean {
    const status: Stats | undefined = statSync(this.path, { throwIfNoEntry: false });
    return status?.ino !== this.#inode;
  }

  /** Appends the bytes whole or not at all. Throws when they cannot be written: the disk is full (Q9). */
  append(bytes: Buffer): void {
    let writtenBytes = 0;
    try {
      // A full disk takes the first part of a line.
      while (writtenBytes < bytes.length) writtenBytes += writeSync(this.#fd, bytes, writtenBytes);
    } catch (error) {
      if (writtenBytes > 0) this.#truncate(this.#sizeBytes);
      throw error;
    }
    this.#sizeBytes += bytes.length;
  }

  /** Makes what was written durable, without waiting; `onError` is told when the disk refuses. */
  syncSoon(onError: (error: Error) => void): void {
    fdatasync(this.#fd, (error) => {
      if (error && this.#isOpen) onError(error);
    });
  }

  [Symbol.dispose](): void {
    this.#isOpen = false;
    try {
      fsyncSync(this.#fd);
    } finally {
      closeSync(this.#fd);
    }
  }

  #truncate(sizeBytes: number): void {
    ftruncateSync(this.#fd, sizeBytes);
    this.#sizeBytes = sizeBytes;
  }
}

/** Whether open(2) said by its error that this is a directory, a symbolic link or a socket. */
function isOtherKind(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EISDIR" || code === "ELOOP" || code === "ENXIO";
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
  } catch (cause) {
    throw new Error(
      `its directory ${directory} is gone and cannot be made (${messageOf(cause)}): make it, for this service's user alone to write ` +
        "(systemd-tmpfiles --create, or a restart)",
      { cause },
    );
  }
}
