import { createHash } from "node:crypto";
import { closeSync, constants, openSync, readlinkSync, readSync, type Stats } from "node:fs";
import { CntnrError, hasErrno, messageOf } from "../../errors/cntnr-error.ts";
import { isForArchives } from "../../layer/layer-writer.ts";
import {
  type ByteString,
  closeFile,
  createFile,
  type FileTime,
  fileType,
  getAttribute,
  listAttributes,
  makeDirectory,
  makeHardLink,
  makeNode,
  makeSymbolicLink,
  setAttribute,
  setMode,
  setTimes,
  unlinkFile,
  writeAt,
} from "../../sys/file-calls.ts";
import { ContentDigest } from "./content-digest.ts";
import type { ModeChange } from "./mode-change.ts";
import { type Owner, type Ownership, setTreeOwner } from "./ownership.ts";
import { byteString, bytes, join, resolveInRoot, shown, statusOf } from "./root-path.ts";
import type { SelectedSource } from "./select-sources.ts";
import { type SourceEntry, type SourceFilter, walkSource } from "./walk-source.ts";

export interface CopyRequest {
  /** Root directory of the tree that is copied from. */
  readonly from: ByteString;
  readonly sources: readonly SelectedSource[];
  /** Absolute; with a slash at its end it is a directory. */
  readonly destination: string;
  /** The sources' own directories are made below the destination. */
  readonly keepsParents: boolean;
  readonly filter: SourceFilter;
  /** Undefined: the files keep their owners. */
  readonly owner: Owner | undefined;
  readonly modeChange: ModeChange | undefined;
  /** Whether extended attributes come along: from images, not from a context. */
  readonly attributes: "copied" | "left";
}

const copyBytes = 1024 * 1024;
const buffer = Buffer.allocUnsafe(copyBytes);
const rootOwner: Owner = { uid: 0, gid: 0 };

/**
 * Copies files into a root file system as COPY does (Dockerfile reference, "COPY"): directories are merged, files replaced; the
 * destination's links are followed within it. What is copied goes into a sum.
 */
export class TreeCopier {
  readonly digest = new ContentDigest();
  readonly #root: ByteString;
  readonly #ownership: Ownership;
  /** First copies of files with several names. */
  readonly #linked = new Map<string, ByteString>();
  /** Set at the end: what is made in a directory changes its time. */
  readonly #directoryTimes = new Map<ByteString, FileTime>();

  /** @param root the directory that is the destination's root */
  constructor(root: ByteString, ownership: Ownership) {
    this.#root = root;
    this.#ownership = ownership;
  }

  copy(request: CopyRequest): void {
    for (const source of request.sources) {
      const target = this.#targetOf(source, request);
      for (const entry of walkSource(request.from, source, request.filter))
        explained(entry.path, () => this.#place(entry, join(target, entry.relative), request));
    }
  }

  /** Makes a directory and those that it is in, where they are not there yet. Returns its path in the root, without links. */
  makeDirectories(path: string, owner: Owner): ByteString {
    const found = resolveInRoot(this.#root, byteString(path), "follow");
    if (found.kind === "there") {
      if (found.status.isDirectory()) return found.path;
      throw new CntnrError("build", `${path}: something else than a directory is there`);
    }
    this.#makeMissing(found.path.split("/"), found.existing, owner);
    return found.path;
  }

  /** @param existing how many of the names are there */
  #makeMissing(names: readonly ByteString[], existing: number, owner: Owner): void {
    for (let count = existing + 1; count <= names.length; count++) {
      const made = names.slice(0, count).join("/");
      makeDirectory(this.#at(made), 0o755);
      setTreeOwner(this.#at(made), owner, "directory", this.#ownership);
      setMode(this.#at(made), 0o755);
    }
  }

  /** Does what has to wait for the last file. */
  finish(): void {
    for (const [path, time] of this.#directoryTimes) setTimes(this.#at(path), time);
  }

  /** Where a source goes; its directory is made. */
  #targetOf(source: SelectedSource, request: CopyRequest): ByteString {
    const owner = request.owner ?? rootOwner;
    const status = statusOf(request.from, source.path);
    if (request.keepsParents) return this.#targetBelowParents(source, request, owner);
    const { destination } = request;
    if (status?.isDirectory()) return this.makeDirectories(destination, owner);
    const found = resolveInRoot(this.#root, byteString(destination), "follow");
    const isDirectory = destination.endsWith("/") || (found.kind === "there" && found.status.isDirectory());
    if (isDirectory) return join(this.makeDirectories(destination, owner), nameOf(source.writtenPath));
    // Not the directory that is written there: a link at the end may lead elsewhere.
    if (found.kind === "missing")
      this.#makeMissing(found.path.split("/").slice(0, -1), found.existing, owner);
    return found.path;
  }

  /** A `./` in the written path is where the directories begin that are kept; they are as in the source. */
  #targetBelowParents(source: SelectedSource, request: CopyRequest, owner: Owner): ByteString {
    const base = this.makeDirectories(request.destination, owner);
    const { pivot } = source;
    const kept = source.writtenPath.slice(pivot === undefined || pivot === "" ? 0 : pivot.length + 1);
    const names = kept.split("/");
    for (let count = 1; count < names.length; count++) {
      const relative = names.slice(0, count).join("/");
      const path = join(pivot ?? "", relative);
      const from = resolveInRoot(request.from, path, "follow");
      if (from.kind === "there")
        this.#place({ path: from.path, relative, status: from.status }, join(base, relative), request);
    }
    return join(base, kept);
  }

  #place(entry: SourceEntry, target: ByteString, request: CopyRequest): void {
    const { status } = entry;
    const isNew = status.isDirectory() ? this.#placeDirectory(target) : this.#clear(target);
    const description = describe(status, request);
    let content = "";
    if (status.isFile()) content = this.#placeFile(entry, target, request);
    else if (status.isSymbolicLink()) {
      content = readlinkSync(bytes(join(request.from, entry.path)), { encoding: "latin1" });
      makeSymbolicLink(content, this.#at(target));
    } else if (status.isFIFO()) makeNode(this.#at(target), fileType.fifo | 0o600);
    else if (!status.isDirectory())
      throw new CntnrError("build", `/${shown(entry.path)} is a device, which nobody but real root can copy`);
    this.digest.add(
      join(request.destination, entry.relative || nameOf(entry.path)),
      entry,
      description,
      content,
    );
    // A directory that was there before, and is only copied into, stays as it is.
    const isMergedRoot = status.isDirectory() && entry.relative === "" && !request.keepsParents;
    if (isNew || !isMergedRoot) this.#describe(entry, target, description, request);
  }

  #placeDirectory(target: ByteString): boolean {
    const there = statusOf(this.#root, target);
    if (there?.isDirectory()) return false;
    if (there)
      throw new CntnrError("build", `/${shown(target)}: a directory cannot take the place of another file`);
    makeDirectory(this.#at(target), 0o700);
    return true;
  }

  #clear(target: ByteString): boolean {
    const there = statusOf(this.#root, target);
    if (there?.isDirectory())
      throw new CntnrError("build", `/${shown(target)}: a file cannot take the place of a directory`);
    if (there) unlinkFile(this.#at(target));
    return true;
  }

  #placeFile(entry: SourceEntry, target: ByteString, request: CopyRequest): string {
    const { dev, ino, nlink } = entry.status;
    const key = nlink > 1 ? `${dev}:${ino}` : undefined;
    const first = key === undefined ? undefined : this.#linked.get(key);
    // The first copy may have been replaced by now.
    if (first !== undefined && statusOf(this.#root, first)?.isFile()) {
      makeHardLink(this.#at(first), this.#at(target));
      return `link to ${first}`;
    }
    if (key !== undefined) this.#linked.set(key, target);
    return copyData(join(request.from, entry.path), this.#at(target));
  }

  #describe(
    entry: SourceEntry,
    target: ByteString,
    description: Owner & { readonly mode: number },
    request: CopyRequest,
  ): void {
    const { status } = entry;
    const path = this.#at(target);
    const kind = status.isDirectory() ? "directory" : status.isFile() ? "file" : "other";
    if (request.attributes === "copied" && kind !== "other")
      copyAttributes(join(request.from, entry.path), path);
    if (request.owner || this.#ownership.kind === "set")
      setTreeOwner(path, description, kind, this.#ownership);
    // After the owner: changing that takes set-id bits away.
    if (!status.isSymbolicLink()) setMode(path, description.mode);
    const modified = timeOf(status);
    if (status.isDirectory()) this.#directoryTimes.set(target, modified);
    else setTimes(path, modified);
  }

  #at(path: ByteString): ByteString {
    return join(this.#root, path);
  }
}

/** Owner and mode of a file at its destination. */
export function describe(
  status: Stats,
  { owner, modeChange }: Pick<CopyRequest, "owner" | "modeChange">,
): Owner & { readonly mode: number } {
  const written = status.mode & 0o7777;
  const mode = status.isSymbolicLink()
    ? 0o777
    : (modeChange?.apply(written, status.isDirectory()) ?? written);
  return { uid: owner?.uid ?? status.uid, gid: owner?.gid ?? status.gid, mode };
}

/** Copies a regular file's data into a new file and returns their SHA-256. */
function copyData(from: ByteString, to: ByteString): string {
  const hash = createHash("sha256");
  const source = openSync(bytes(from), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const target = createFile(to, 0o600);
    try {
      for (let position = 0; ; ) {
        const count = readSync(source, buffer, 0, copyBytes, position);
        if (count === 0) break;
        const chunk = buffer.subarray(0, count);
        hash.update(chunk);
        writeAt(target, chunk, position);
        position += count;
      }
    } finally {
      closeFile(target);
    }
  } finally {
    closeSync(source);
  }
  return hash.digest("hex");
}

function copyAttributes(from: ByteString, to: ByteString): void {
  for (const name of listAttributes(from).filter(isForArchives)) {
    const value = getAttribute(from, name);
    try {
      if (value) setAttribute(to, name, value);
    } catch (error) {
      // What the file system or the user's rights do not allow is lost, as with any copy.
      if (!hasErrno(error, "EOPNOTSUPP", "EPERM", "ENOSPC", "E2BIG", "EINVAL")) throw error;
    }
  }
}

const nanosecondsPerMillisecond = 1_000_000;

function timeOf({ mtimeMs }: Stats): FileTime {
  const seconds = Math.floor(mtimeMs / 1000);
  return { seconds, nanoseconds: Math.round((mtimeMs - seconds * 1000) * nanosecondsPerMillisecond) % 1e9 };
}

function nameOf(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf("/") + 1);
}

function explained<T>(path: ByteString, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof CntnrError) throw error;
    const hint = hasErrno(error, "ENOSPC", "EDQUOT") ? " (the disk or the quota is full)" : "";
    throw new CntnrError("build", `/${shown(path)} cannot be copied: ${messageOf(error)}${hint}`, {
      cause: error,
    });
  }
}
