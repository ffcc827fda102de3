import { lstatSync, type Stats, statSync } from "node:fs";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import {
  type ByteString,
  closeFile,
  createFile,
  type FileTime,
  fileType,
  makeDirectory,
  makeHardLink,
  makeNode,
  makeSymbolicLink,
  setAttribute,
  setFileAttribute,
  setFileMode,
  setFileOwner,
  setFileTimes,
  setMode,
  setOwner,
  setTimes,
  truncateFile,
  writeAt,
} from "../sys/file-calls.ts";
import { SystemCallError } from "../sys/system-call.ts";
import { clearPath } from "./clear-path.ts";
import { isMark, isWhiteout, type MarkKind, makeOpaque, makeWhiteout } from "./deletion-marks.ts";
import { parentOf } from "./entry-path.ts";
import { damagedLayer, printable } from "./layer-error.ts";
import type { LayerLimits } from "./limits.ts";
import { formatOwner, recordedOwnerAttribute } from "./recorded-owner.ts";
import type { FileEntry, TarEntry, TarVisitor } from "./tar-entry.ts";
import { whiteoutOf } from "./whiteout.ts";

/** Whose the files become: as the archive says where ids up to these are mapped, or all the user's own. */
export type Ownership =
  | { readonly kind: "kept"; readonly mappedUids: number; readonly mappedGids: number }
  | { readonly kind: "own-user" };

/** What was done with a layer beyond writing what its archive holds. */
export interface LayerReport {
  readonly entries: number;
  /** Sum of the sizes of all files. */
  readonly contentBytes: number;
  /** Device nodes, which nobody but real root can make. */
  readonly skippedDevices: number;
  /** Extended attributes that are not for archives to set, or that the file system did not take. */
  readonly droppedAttributes: number;
  /** Entries whose owner is not among the mapped ids; they are root's, without set-id bits. */
  readonly unmappedOwners: number;
  /** Directories that entries are in, but that have no entry themselves. "" is the root. */
  readonly impliedDirectories: readonly ByteString[];
  /** The layer hides everything below it. */
  readonly isRootOpaque: boolean;
  /** It says in our own way what it deletes, so that the kernel does not understand it. */
  readonly hasOwnMarks: boolean;
}

const defaultAcl = "system.posix_acl_default";
/** Of directories that the archive does not have. */
export const impliedMode = 0o755;

/**
 * Writes a layer's entries below the working directory, as a lower directory of an overlay mounted with
 * `userxattr`, if the file system lets it (deletion-marks.ts).
 *
 * It trusts its root: the process has to be confined to the target (confineTo), so that links of the archive
 * lead nowhere else. Within it, a final symbolic link is never followed; a later entry replaces an earlier one with all
 * that is in it, unless both are directories.
 */
export class LayerWriter implements TarVisitor, Disposable {
  readonly #ownership: Ownership;
  readonly #limits: LayerLimits;
  /** Paths that are directories without a symbolic link on the way. */
  readonly #directories = new Set<ByteString>([""]);
  readonly #implied = new Set<ByteString>([""]);
  /** Set at the end: making an entry in a directory changes its time. */
  readonly #directoryTimes = new Map<ByteString, FileTime>();
  /** Set at the end, too: what is made in a directory with a default ACL inherits it. */
  readonly #defaultAcls = new Map<ByteString, Buffer>();
  #file: { readonly fd: number; readonly entry: FileEntry } | undefined;
  #entries = 0;
  #contentBytes = 0;
  #skippedDevices = 0;
  #droppedAttributes = 0;
  #unmappedOwners = 0;
  #isRootOpaque = false;
  #hasOwnMarks = false;

  constructor(ownership: Ownership, limits: LayerLimits) {
    this.#ownership = ownership;
    this.#limits = limits;
  }

  entry(entry: TarEntry): void {
    this.#entries++;
    explained(entry.path, () => this.#write(entry));
  }

  data(bytes: Uint8Array, position: number): void {
    const file = this.#file;
    if (file) explained(file.entry.path, () => writeAt(file.fd, bytes, position));
  }

  endOfFile(): void {
    const file = this.#file;
    if (!file) return;
    explained(file.entry.path, () => this.#finishFile(file.fd, file.entry));
  }

  /** Does what has to wait for the last entry. */
  finish(): LayerReport {
    for (const [path, acl] of this.#defaultAcls)
      explained(path, () => this.#attempt(defaultAcl, () => setAttribute(path || ".", defaultAcl, acl)));
    for (const [path, time] of this.#directoryTimes) explained(path, () => setTimes(path || ".", time));
    return {
      entries: this.#entries,
      contentBytes: this.#contentBytes,
      skippedDevices: this.#skippedDevices,
      droppedAttributes: this.#droppedAttributes,
      unmappedOwners: this.#unmappedOwners,
      impliedDirectories: [...this.#implied],
      isRootOpaque: this.#isRootOpaque,
      hasOwnMarks: this.#hasOwnMarks,
    };
  }

  [Symbol.dispose](): void {
    if (this.#file) closeFile(this.#file.fd);
    this.#file = undefined;
  }

  #write(entry: TarEntry): void {
    const whiteout = whiteoutOf(entry.path);
    if (whiteout) {
      if (whiteout.kind === "opaque") this.#makeOpaque(whiteout.directory);
      else if (whiteout.kind === "whiteout") this.#makeWhiteout(whiteout.path);
      return;
    }
    const { path } = entry;
    switch (entry.type) {
      case "file":
        this.#contentBytes += entry.sizeBytes;
        this.#file = { entry, fd: this.#place(path, () => createFile(path, 0o600)) };
        break;
      case "directory":
        this.#writeDirectory(entry);
        break;
      case "symbolic-link":
        this.#place(path, () => makeSymbolicLink(entry.target, path));
        this.#describe(entry);
        break;
      case "hard-link":
        this.#writeHardLink(path, entry.target);
        break;
      case "fifo":
        this.#place(path, () => makeNode(path, fileType.fifo | 0o600));
        this.#describe(entry);
        break;
      case "device":
        this.#skippedDevices++;
    }
  }

  #finishFile(fd: number, entry: FileEntry): void {
    if (entry.isSparse) truncateFile(fd, entry.sizeBytes);
    const owner = this.#ownerOf(entry);
    if (owner) setFileOwner(fd, owner.uid, owner.gid);
    // After the owner: changing that takes set-id bits and capabilities away.
    setFileMode(fd, modeOf(entry, owner));
    for (const [name, value] of this.#attributesOf(entry))
      this.#attempt(name, () => setFileAttribute(fd, name, value));
    setFileTimes(fd, entry.modified);
    this.#file = undefined;
    closeFile(fd);
  }

  #writeDirectory(entry: TarEntry): void {
    const { path } = entry;
    if (path !== "" && !this.#directories.has(path)) {
      this.#ensureDirectory(parentOf(path));
      if (!tryMakeDirectory(path, 0o700)) {
        const status = lstat(path);
        if (!status.isDirectory()) this.#replaceByDirectory(path, status, 0o700);
      }
      this.#directories.add(path);
    }
    this.#implied.delete(path);
    this.#describe(entry);
  }

  #writeHardLink(path: ByteString, target: ByteString): void {
    if (path === target) throw damagedLayer(`${printable(path)}: a hard link to itself`);
    if (isWhiteout(target, lstat(target)))
      throw damagedLayer(`${printable(path)}: a hard link to a whiteout`);
    this.#place(path, () => makeHardLink(target, path));
  }

  /** Hides a path of lower layers. What this layer itself has there stays, but must not show what is below it. */
  #makeWhiteout(path: ByteString): void {
    this.#ensureDirectory(parentOf(path));
    try {
      this.#note(makeWhiteout(path));
    } catch (error) {
      if (!hasErrno(error, "EEXIST")) throw error;
      if (lstat(path).isDirectory()) this.#note(makeOpaque(path));
    }
  }

  #makeOpaque(path: ByteString): void {
    this.#ensureDirectory(path);
    // An overlay does not look for the attribute on a layer's root: whoever mounts it leaves the lower ones out.
    if (path === "") this.#isRootOpaque = true;
    else if (lstat(path).isDirectory()) this.#note(makeOpaque(path));
    else throw damagedLayer(`${printable(path)}: an opaque directory behind a symbolic link`);
  }

  /** Makes something at `path`, in the place of what may be there. */
  #place<T>(path: ByteString, make: () => T): T {
    if (path === "") throw damagedLayer("something else in the place of the root directory");
    this.#ensureDirectory(parentOf(path));
    try {
      return make();
    } catch (error) {
      if (!hasErrno(error, "EEXIST")) throw error;
      this.#clear(path);
      return make();
    }
  }

  #clear(path: ByteString): void {
    clearPath(path, (removed) => {
      this.#directories.delete(removed);
      this.#implied.delete(removed);
      this.#directoryTimes.delete(removed);
      this.#defaultAcls.delete(removed);
    });
  }

  /** Makes sure that `path` is a directory, or a link to one, as entries in it take for granted. */
  #ensureDirectory(path: ByteString): void {
    if (this.#directories.has(path)) return;
    this.#ensureDirectory(parentOf(path));
    if (tryMakeDirectory(path, impliedMode)) {
      this.#imply(path);
    } else {
      const status = lstat(path);
      if (isWhiteout(path, status)) {
        this.#replaceByDirectory(path, status, impliedMode);
        this.#imply(path);
      } else if (!status.isDirectory()) {
        // A link to a directory: as the archive wants it, and it cannot lead out. It may be replaced, so it is
        // asked for again with each entry.
        if (statSync(bytes(path)).isDirectory()) return;
        throw damagedLayer(`${printable(path)}: not a directory, but an entry is in it`);
      }
    }
    this.#directories.add(path);
  }

  #imply(path: ByteString): void {
    this.#implied.add(path);
    if (this.#implied.size > this.#limits.impliedDirectories)
      throw damagedLayer(`more than ${this.#limits.impliedDirectories} directories without an entry`);
  }

  /** Where the layer has both a whiteout and a directory, the directory is a new one: nothing below shows in it. */
  #replaceByDirectory(path: ByteString, status: Stats, mode: number): void {
    const wasWhiteout = isWhiteout(path, status);
    this.#clear(path);
    makeDirectory(path, mode);
    if (wasWhiteout) this.#note(makeOpaque(path));
  }

  #note(kind: MarkKind): void {
    if (kind === "own") this.#hasOwnMarks = true;
  }

  /** Owner, mode, attributes and time of what has just been made at the entry's path. */
  #describe(entry: TarEntry): void {
    const path = entry.path || ".";
    const owner = this.#ownerOf(entry);
    if (owner) setOwner(path, owner.uid, owner.gid);
    if (entry.type !== "symbolic-link") setMode(path, modeOf(entry, owner));
    for (const [name, value] of this.#attributesOf(entry))
      if (name === defaultAcl && entry.type === "directory") this.#defaultAcls.set(entry.path, value);
      else this.#attempt(name, () => setAttribute(path, name, value));
    if (entry.type === "directory") this.#directoryTimes.set(entry.path, entry.modified);
    else setTimes(path, entry.modified);
  }

  #ownerOf(entry: TarEntry): Owner | undefined {
    if (this.#ownership.kind === "own-user") return undefined;
    const { uid, gid } = entry;
    const isMapped = uid < this.#ownership.mappedUids && gid < this.#ownership.mappedGids;
    if (isMapped) return { uid, gid, isMapped };
    this.#unmappedOwners++;
    return {
      uid: uid < this.#ownership.mappedUids ? uid : 0,
      gid: gid < this.#ownership.mappedGids ? gid : 0,
      isMapped,
    };
  }

  /** With an attribute for the owner where the file cannot be given to him, so that a layer made of it later has him. */
  #attributesOf(entry: TarEntry): Iterable<readonly [ByteString, Buffer]> {
    const canRecord = entry.type === "file" || entry.type === "directory";
    if (this.#ownership.kind === "kept" || !canRecord || (entry.uid === 0 && entry.gid === 0))
      return entry.attributes;
    return [...entry.attributes, [recordedOwnerAttribute, formatOwner(entry)]];
  }

  /** Sets one extended attribute if archives may; a file system that cannot keep it is no reason to fail. */
  #attempt(name: ByteString, set: () => void): void {
    try {
      if (isForArchives(name)) {
        set();
        return;
      }
    } catch (error) {
      if (!hasErrno(error, "EOPNOTSUPP", "EPERM", "ENOSPC", "E2BIG", "ERANGE", "EINVAL")) throw error;
    }
    this.#droppedAttributes++;
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly isMapped: boolean;
}

/** A set-id bit means its archive's owner; without that owner it would lend root's rights instead. */
function modeOf(entry: TarEntry, owner: Owner | undefined): number {
  return owner && !owner.isMapped ? entry.mode & 0o1777 : entry.mode;
}

/** user.overlay.* and trusted.overlay.* steer the overlay itself: an archive could redirect directories with them. */
export function isForArchives(name: ByteString): boolean {
  if (name.startsWith("user.")) return !isMark(name);
  return name === "security.capability" || name === "system.posix_acl_access" || name === defaultAcl;
}

function bytes(path: ByteString): Buffer {
  return Buffer.from(path, "latin1");
}

function lstat(path: ByteString): Stats {
  return lstatSync(bytes(path));
}

function tryMakeDirectory(path: ByteString, mode: number): boolean {
  try {
    makeDirectory(path, mode);
    return true;
  } catch (error) {
    if (hasErrno(error, "EEXIST")) return false;
    throw error;
  }
}

const blamesTheArchive = [
  "EEXIST",
  "EINVAL",
  "EISDIR",
  "ELOOP",
  "EMLINK",
  "ENAMETOOLONG",
  "ENOENT",
  "ENOTDIR",
  "ENOTEMPTY",
  "EXDEV",
];

/** Runs one step of writing `path`; what the kernel refuses is told as the archive's or the machine's fault. */
function explained<T>(path: ByteString, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof CntnrError || !(error instanceof Error)) throw error;
    const isLinkToDirectory =
      error instanceof SystemCallError && error.call === "link" && error.code === "EPERM";
    if (hasErrno(error, ...blamesTheArchive) || isLinkToDirectory)
      throw damagedLayer(`${printable(path)} cannot be written: ${error.message}`, { cause: error });
    const hint = hasErrno(error, "ENOSPC", "EDQUOT") ? " (the disk or the quota is full)" : "";
    throw new CntnrError("engine", `layer: ${printable(path)} cannot be written: ${error.message}${hint}`, {
      cause: error,
    });
  }
}
