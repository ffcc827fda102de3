import { closeSync, constants, fstatSync, openSync, type Stats } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";
import { type ByteString, getFileAttribute } from "../sys/file-calls.ts";
import { openBeneath } from "../sys/open-beneath.ts";
import { opaqueAttributes, whiteoutAttributes } from "./deletion-marks.ts";
import { parentOf } from "./entry-path.ts";

/**
 * The layers below the one that is being packed. They are held open, because whoever packs shuts himself into his own
 * layer first, and asked for single paths only: none is ever read as a whole.
 */
export class LowerLayers implements Disposable {
  /** The uppermost first. */
  readonly #roots: readonly number[];

  /** @param paths the layers' root directories, lowest first */
  constructor(paths: readonly string[]) {
    this.#roots = paths.map((path) => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)).reverse();
  }

  get isNone(): boolean {
    return this.#roots.length === 0;
  }

  /** Whether something is seen at this path when the layers are merged; with `kind`, whether that is a directory. */
  has(path: ByteString, kind: "anything" | "directory" = "anything"): boolean {
    for (const root of this.#roots) {
      const found = lookIn(root, path);
      if (found === "directory") return true;
      if (found === "node") return kind === "anything";
      if (found === "nothing") return false;
    }
    return false;
  }

  /** What the uppermost layer that says something of the path has there. */
  status(path: ByteString): Stats | undefined {
    for (const root of this.#roots) {
      const status = statusBeneath(root, path);
      if (status) return status;
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    for (const root of this.#roots) closeSync(root);
  }
}

/**
 * What a layer says of a path: `nothing` is there, whatever the layers below have; or it says nothing at all, and it is their turn.
 */
function lookIn(root: number, path: ByteString): "directory" | "node" | "nothing" | undefined {
  const status = statusBeneath(root, path);
  if (status) {
    if (isWhiteoutBeneath(root, path, status)) return "nothing";
    return status.isDirectory() ? "directory" : "node";
  }
  for (let above = parentOf(path); above !== ""; above = parentOf(above)) {
    const directory = statusBeneath(root, above);
    // A file, a link or a whiteout on the way.
    if (directory && (!directory.isDirectory() || isMarked(root, above, opaqueAttributes))) return "nothing";
  }
  return undefined;
}

function isWhiteoutBeneath(root: number, path: ByteString, status: Stats): boolean {
  if (status.isCharacterDevice()) return status.rdev === 0;
  return status.isFile() && status.size === 0 && isMarked(root, path, whiteoutAttributes);
}

function isMarked(root: number, path: ByteString, marks: readonly ByteString[]): boolean {
  let fd: number;
  try {
    fd = openBeneath(root, Buffer.from(path, "latin1"), "reading");
  } catch (error) {
    // Of another user of the image's: marks are root's.
    if (hasErrno(error, "EACCES")) return false;
    throw error;
  }
  try {
    return marks.some((mark) => getFileAttribute(fd, mark) !== undefined);
  } finally {
    closeSync(fd);
  }
}

function statusBeneath(root: number, path: ByteString): Stats | undefined {
  let fd: number;
  try {
    fd = openBeneath(root, Buffer.from(path, "latin1"));
  } catch (error) {
    // A link or a file on the way: the layer has nothing below it.
    if (hasErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
  try {
    return fstatSync(fd);
  } finally {
    closeSync(fd);
  }
}
