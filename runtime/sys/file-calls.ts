import { dlopen, FFIType } from "bun:ffi";
import { lstatSync } from "node:fs";
import { checkResult, query, SystemCallError } from "./system-call.ts";

/**
 * Bytes as a string, one character (U+0000 to U+00FF) a byte: what file names and link targets are to the
 * kernel. JavaScript's own strings would lose names that are not UTF-8.
 */
export type ByteString = string;

const libc = dlopen("libc.so.6", {
  close: { args: ["i32"], returns: "i32" },
  fchmod: { args: ["i32", "u32"], returns: "i32" },
  fchmodat: { args: ["i32", "ptr", "u32", "i32"], returns: "i32" },
  fchown: { args: ["i32", "u32", "u32"], returns: "i32" },
  fgetxattr: { args: ["i32", "ptr", "ptr", "u64"], returns: FFIType.i64_fast },
  fsetxattr: { args: ["i32", "ptr", "ptr", "u64", "i32"], returns: "i32" },
  ftruncate: { args: ["i32", "i64"], returns: "i32" },
  futimens: { args: ["i32", "ptr"], returns: "i32" },
  lchown: { args: ["ptr", "u32", "u32"], returns: "i32" },
  link: { args: ["ptr", "ptr"], returns: "i32" },
  lgetxattr: { args: ["ptr", "ptr", "ptr", "u64"], returns: FFIType.i64_fast },
  llistxattr: { args: ["ptr", "ptr", "u64"], returns: FFIType.i64_fast },
  lremovexattr: { args: ["ptr", "ptr"], returns: "i32" },
  lseek: { args: ["i32", "i64", "i32"], returns: FFIType.i64_fast },
  lsetxattr: { args: ["ptr", "ptr", "ptr", "u64", "i32"], returns: "i32" },
  mkdir: { args: ["ptr", "u32"], returns: "i32" },
  mknod: { args: ["ptr", "u32", "u64"], returns: "i32" },
  open: { args: ["ptr", "i32", "u32"], returns: "i32" },
  pwrite: { args: ["i32", "ptr", "u64", "i64"], returns: FFIType.i64_fast },
  rmdir: { args: ["ptr"], returns: "i32" },
  symlink: { args: ["ptr", "ptr"], returns: "i32" },
  sync_file_range: { args: ["i32", "i64", "i64", "u32"], returns: "i32" },
  unlink: { args: ["ptr"], returns: "i32" },
  utimensat: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
}).symbols;

const currentDirectory = -100; // AT_FDCWD
const symlinkNoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
const createNewForWriting = 0o1 | 0o100 | 0o200 | 0o400000 | 0o2000000; // O_WRONLY O_CREAT O_EXCL O_NOFOLLOW O_CLOEXEC
const seekData = 3;
const startWrite = 2; // SYNC_FILE_RANGE_WRITE
const pathCapacity = 4096; // PATH_MAX, with its NUL

/** File type bits of mknod(2). */
export const fileType = { fifo: 0o010000, characterDevice: 0o020000, socket: 0o140000 } as const;

/**
 * A place for one NUL-terminated string that a call reads; calls are synchronous, so one of each is enough. Its address is taken
 * anew for each call: the engine moves small arrays when it compiles what uses them.
 */
function stringSlot(capacity: number): (text: ByteString) => Buffer {
  const bytes = Buffer.alloc(capacity);
  return (text) => {
    if (text.length >= capacity) throw new SystemCallError("path", 36); // ENAMETOOLONG
    bytes.write(text, 0, "latin1");
    bytes[text.length] = 0;
    return bytes;
  };
}

const path = stringSlot(pathCapacity);
const otherPath = stringSlot(pathCapacity);
const attributeName = stringSlot(256);

/** A point in time as files carry it; nanoseconds count up from the second, also before 1970. */
export interface FileTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

const times = new BigInt64Array(4);

function timesOf(modified: FileTime): BigInt64Array {
  times[0] = times[2] = BigInt(modified.seconds);
  times[1] = times[3] = BigInt(modified.nanoseconds);
  return times;
}

/** open(2) of a file that must not be there yet, not even as a symbolic link. */
export function createFile(name: ByteString, mode: number): number {
  return checkResult("open", libc.open(path(name), createNewForWriting, mode));
}

export function closeFile(fd: number): void {
  checkResult("close", libc.close(fd));
}

/** Writes all of `bytes` at `position`. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const rest = done === 0 ? bytes : bytes.subarray(done);
    done += checkResult("write", Number(libc.pwrite(fd, rest, rest.length, position + done)));
  }
}

/**
 * Has the disk begin with a part of a file, so that whoever makes the file durable later waits for less. Advice: where it cannot be, as
 * for a pipe, nothing happens.
 */
export function startWritingBack(fd: number, position: number, length: number): void {
  libc.sync_file_range(fd, position, length, startWrite);
}

export function truncateFile(fd: number, sizeBytes: number): void {
  checkResult("ftruncate", libc.ftruncate(fd, sizeBytes));
}

export function setFileOwner(fd: number, uid: number, gid: number): void {
  checkResult("fchown", libc.fchown(fd, uid, gid));
}

export function setFileMode(fd: number, mode: number): void {
  checkResult("fchmod", libc.fchmod(fd, mode));
}

export function setFileTimes(fd: number, modified: FileTime): void {
  checkResult("futimens", libc.futimens(fd, timesOf(modified)));
}

export function setFileAttribute(fd: number, name: ByteString, value: Uint8Array): void {
  checkResult(
    "fsetxattr",
    libc.fsetxattr(fd, attributeName(name), value.length === 0 ? null : value, value.length, 0),
  );
}

export function makeDirectory(name: ByteString, mode: number): void {
  checkResult("mkdir", libc.mkdir(path(name), mode));
}

export function makeNode(name: ByteString, typeAndMode: number): void {
  checkResult("mknod", libc.mknod(path(name), typeAndMode, 0));
}

/** Whether a device node is at `name`. */
export function isDeviceNode(name: ByteString): boolean {
  const status = lstatSync(Buffer.from(name, "latin1"), { throwIfNoEntry: false });
  return status?.isCharacterDevice() === true || status?.isBlockDevice() === true;
}

export function makeSymbolicLink(target: ByteString, name: ByteString): void {
  checkResult("symlink", libc.symlink(otherPath(target), path(name)));
}

/** link(2): a symbolic link as `target` is itself linked, not what it points to. */
export function makeHardLink(target: ByteString, name: ByteString): void {
  checkResult("link", libc.link(otherPath(target), path(name)));
}

export function unlinkFile(name: ByteString): void {
  checkResult("unlink", libc.unlink(path(name)));
}

export function removeEmptyDirectory(name: ByteString): void {
  checkResult("rmdir", libc.rmdir(path(name)));
}

/** lchown(2): of a symbolic link itself. */
export function setOwner(name: ByteString, uid: number, gid: number): void {
  checkResult("lchown", libc.lchown(path(name), uid, gid));
}

/** chmod(2). Follows symbolic links: only for what is known to be none. */
export function setMode(name: ByteString, mode: number): void {
  checkResult("fchmodat", libc.fchmodat(currentDirectory, path(name), mode, 0));
}

/** Access and modification time, of a symbolic link itself. */
export function setTimes(name: ByteString, modified: FileTime): void {
  checkResult("utimensat", libc.utimensat(currentDirectory, path(name), timesOf(modified), symlinkNoFollow));
}

/** lsetxattr(2): of a symbolic link itself. */
export function setAttribute(name: ByteString, attribute: ByteString, value: Uint8Array): void {
  checkResult(
    "lsetxattr",
    libc.lsetxattr(path(name), attributeName(attribute), value.length === 0 ? null : value, value.length, 0),
  );
}

/** XATTR_SIZE_MAX and XATTR_LIST_MAX. */
const attributeBuffer = Buffer.alloc(64 * 1024);

const capacity = attributeBuffer.length;

/** The value of an extended attribute of a file or a link itself; undefined when it has none of that name. */
export function getAttribute(name: ByteString, attribute: ByteString): Buffer | undefined {
  return valueIn("lgetxattr", () =>
    libc.lgetxattr(path(name), attributeName(attribute), attributeBuffer, capacity),
  );
}

/** The same of an open file. */
export function getFileAttribute(fd: number, attribute: ByteString): Buffer | undefined {
  return valueIn("fgetxattr", () => libc.fgetxattr(fd, attributeName(attribute), attributeBuffer, capacity));
}

function valueIn(call: string, ask: () => number | bigint): Buffer | undefined {
  const size = query(call, ask, ["ENODATA", "EOPNOTSUPP"]);
  return size === undefined ? undefined : Buffer.from(attributeBuffer.subarray(0, size));
}

/** The names of a file's extended attributes. */
export function listAttributes(name: ByteString): ByteString[] {
  const ask = () => libc.llistxattr(path(name), attributeBuffer, capacity);
  const size = query("llistxattr", ask, ["EOPNOTSUPP"]) ?? 0;
  const names = attributeBuffer.toString("latin1", 0, size);
  return names.split("\0").filter((attribute) => attribute !== "");
}

/** Takes an extended attribute away from a file or a link itself. */
export function removeAttribute(name: ByteString, attribute: ByteString): void {
  checkResult("lremovexattr", libc.lremovexattr(path(name), attributeName(attribute)));
}

/** The next position at or after `position` that is not in a hole; undefined when only a hole is left (lseek(2), SEEK_DATA). */
export function nextData(fd: number, position: number): number | undefined {
  return query("lseek", () => libc.lseek(fd, position, seekData), ["ENXIO"]);
}
