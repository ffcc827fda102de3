import { hasErrno } from "../errors/cntnr-error.ts";
import {
  type ByteString,
  closeFile,
  createFile,
  fileType,
  getAttribute,
  isDeviceNode,
  makeNode,
  setAttribute,
} from "../sys/file-calls.ts";
import { unsupportedLayer } from "./layer-error.ts";

/*
 * How an unpacked layer says what it deletes. As an overlay mounted with `userxattr` wants it (overlayfs.rst, "whiteouts and opaque
 * directories"): a 0/0 character device, and user.overlay.opaque of a directory. A file system that is an overlay itself refuses both, for
 * it would take them for its own. There an empty file and a directory with attributes of ours say the same. Only we understand these:
 * layers that have any are never mounted, but merged by copying (runtime/merged-tree).
 */

/** overlayfs.rst, with `userxattr`. */
const opaqueAttribute = "user.overlay.opaque";
/** Ours, where the kernel's cannot be. */
const ownPrefix = "user.cntnr.";
const deletedAttribute = `${ownPrefix}deleted`;
const ownOpaqueAttribute = `${ownPrefix}opaque`;
/** The second is that of Linux 6.7 and later. */
export const whiteoutAttributes: readonly ByteString[] = [deletedAttribute, "user.overlay.whiteout"];
export const opaqueAttributes: readonly ByteString[] = [opaqueAttribute, ownOpaqueAttribute];

const yes = Buffer.from("y");

/** Which kind of mark was made: one that the kernel understands, or ours. */
export type MarkKind = "kernels" | "own";

/** What lstat(2) says, with numbers of either kind. */
interface FileStatus {
  readonly rdev: number | bigint;
  readonly size: number | bigint;
  isCharacterDevice(): boolean;
  isFile(): boolean;
}

/** Whether what is at `path` says that nothing is there. */
export function isWhiteout(path: ByteString, status: FileStatus): boolean {
  if (status.isCharacterDevice()) return Number(status.rdev) === 0;
  if (!status.isFile() || Number(status.size) !== 0) return false;
  try {
    return whiteoutAttributes.some((name) => getAttribute(path, name) !== undefined);
  } catch (error) {
    // Of another user of the image's: marks are root's.
    if (hasErrno(error, "EACCES")) return false;
    throw error;
  }
}

/** Whether nothing of layers below is seen in the directory. */
export function isOpaqueDirectory(path: ByteString): boolean {
  return opaqueAttributes.some((name) => getAttribute(path, name)?.toString() === "y");
}

/** Says that what layers below have at `path` is not there; nothing is there yet. Throws EEXIST where something is. */
export function makeWhiteout(path: ByteString): MarkKind {
  try {
    makeNode(path, fileType.characterDevice);
    // A container's seccomp filter may let the call succeed without doing it.
    if (isDeviceNode(path)) return "kernels";
  } catch (error) {
    if (!hasErrno(error, "EPERM", "EOPNOTSUPP", "EINVAL")) throw error;
  }
  closeFile(createFile(path, 0o600));
  mark(path, deletedAttribute);
  return "own";
}

/** Says that nothing of layers below is seen in a directory. */
export function makeOpaque(path: ByteString): MarkKind {
  try {
    setAttribute(path, opaqueAttribute, yes);
    return "kernels";
  } catch (error) {
    if (!hasErrno(error, "EPERM", "EOPNOTSUPP")) throw error;
  }
  mark(path, ownOpaqueAttribute);
  return "own";
}

function mark(path: ByteString, attribute: string): void {
  try {
    setAttribute(path, attribute, yes);
  } catch (error) {
    if (!hasErrno(error, "EOPNOTSUPP", "EPERM")) throw error;
    throw unsupportedLayer(
      "the store's file system keeps neither device nodes nor attributes, so that a layer cannot say what it deletes: --store-dir, or XDG_DATA_HOME, names another place",
    );
  }
}

/** Attributes that are about an unpacked tree and no part of its layer. */
export function isMark(attribute: ByteString): boolean {
  return attribute.startsWith("user.overlay.") || attribute.startsWith(ownPrefix);
}

export function isWhiteoutMark(attribute: ByteString): boolean {
  return whiteoutAttributes.includes(attribute);
}

/** Whether the attribute, set to "y", makes a directory opaque. */
export function isOpaqueMark(attribute: ByteString): boolean {
  return opaqueAttributes.includes(attribute);
}

export function isOwnMark(attribute: ByteString): boolean {
  return attribute.startsWith(ownPrefix);
}
