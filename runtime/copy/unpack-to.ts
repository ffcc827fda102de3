import { closeSync, lstatSync, readSync, statSync } from "node:fs";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { parentOf } from "../layer/entry-path.ts";
import { defaultLimits } from "../layer/limits.ts";
import type { FileEntry, TarEntry, TarVisitor } from "../layer/tar-entry.ts";
import { TarReader } from "../layer/tar-reader.ts";
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
  setFileMode,
  setFileOwner,
  setFileTimes,
  setMode,
  setOwner,
  setTimes,
  truncateFile,
  unlinkFile,
  writeAt,
} from "../sys/file-calls.ts";
import { archiveDescriptor, type CopyAction, type CopyReport } from "./copy-job.ts";
import { followLinks } from "./follow-links.ts";
import { type Destination, planDestination } from "./plan-destination.ts";

type UnpackAction = Extract<CopyAction, { kind: "unpack" }>;

const chunkBytes = 1 << 20;

/** Reads an archive and writes what is in it to a path. Throws CntnrError. */
export function unpackTo(action: UnpackAction): CopyReport {
  const writer = new CopyWriter(action);
  const reader = new TarReader(writer, defaultLimits);
  const chunk = Buffer.allocUnsafeSlow(chunkBytes);
  for (
    let length = readSync(archiveDescriptor, chunk);
    length > 0;
    length = readSync(archiveDescriptor, chunk)
  )
    reader.push(chunk.subarray(0, length));
  closeSync(archiveDescriptor);
  reader.end();
  return writer.finish();
}

/**
 * Writes the members of an archive. It trusts its root: whoever runs it is shut in. A later file replaces what is there, a directory
 * does not; neither takes the other's place.
 */
class CopyWriter implements TarVisitor {
  readonly #action: UnpackAction;
  #destination: Destination | undefined;
  /** The first component of all names. */
  #sourceName: ByteString = "";
  readonly #directoryTimes = new Map<ByteString, FileTime>();
  #file: { readonly fd: number; readonly entry: FileEntry } | undefined;
  #entries = 0;
  #skippedDevices = 0;
  #changedOwners = 0;

  constructor(action: UnpackAction) {
    this.#action = action;
    if (action.mode === "archive") this.#openArchiveDirectory();
  }

  entry(entry: TarEntry): void {
    this.#destination ??= this.#open(entry);
    this.#entries++;
    const path = this.#placed(entry.path);
    // The directory whose contents are meant, or the one that an archive is unpacked into.
    if (path === "") return;
    explained(path, () => this.#write(path, entry));
  }

  data(bytes: Uint8Array, position: number): void {
    if (this.#file) writeAt(this.#file.fd, bytes, position);
  }

  endOfFile(): void {
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    const { fd, entry } = file;
    truncateFile(fd, entry.sizeBytes);
    this.#own(entry, (uid, gid) => setFileOwner(fd, uid, gid));
    setFileMode(fd, entry.mode);
    setFileTimes(fd, entry.modified);
    closeFile(fd);
  }

  finish(): CopyReport {
    for (const [path, time] of this.#directoryTimes) setTimes(path, time);
    return {
      entries: this.#entries,
      skippedDevices: this.#skippedDevices,
      changedOwners: this.#changedOwners,
    };
  }

  #openArchiveDirectory(): void {
    const { path } = this.#action;
    if (kindOf(path) !== "directory")
      throw new CntnrError("not-found", `there is no directory ${path} to unpack into`);
    process.chdir(path);
    this.#destination = { directory: path, name: "" };
  }

  #open(first: TarEntry): Destination {
    const [name = ""] = first.path.split("/");
    this.#sourceName = name;
    const { path } = this.#action;
    const there = kindOf(path);
    const real = there === "other" ? followLinks(path) : path;
    const source = { name, isDirectory: first.type === "directory" };
    const destination = planDestination({ ...this.#action, path: real }, source, there);
    if (kindOf(destination.directory) !== "directory")
      throw new CntnrError("not-found", `${destination.directory}: there is no such directory`);
    process.chdir(destination.directory);
    // A name of ours is text; one of the archive's is bytes already.
    const isOwn = destination.name !== name;
    return isOwn ? { ...destination, name: Buffer.from(destination.name).toString("latin1") } : destination;
  }

  #placed(path: ByteString): ByteString {
    const name = this.#destination?.name ?? "";
    if (this.#action.mode === "archive") return path;
    const rest = path.slice(this.#sourceName.length).replace(/^\//, "");
    return name === "" || rest === "" ? name || rest : `${name}/${rest}`;
  }

  #write(path: ByteString, entry: TarEntry): void {
    this.#makeParents(path);
    if (entry.type === "directory") {
      this.#writeDirectory(path, entry);
      return;
    }
    this.#clear(path);
    if (entry.type === "file") this.#file = { fd: createFile(path, 0o600), entry };
    else if (entry.type === "hard-link") makeHardLink(this.#placed(entry.target), path);
    else if (entry.type === "device") this.#skippedDevices++;
    else {
      if (entry.type === "symbolic-link") makeSymbolicLink(entry.target, path);
      else makeNode(path, fileType.fifo | 0o600);
      this.#own(entry, (uid, gid) => setOwner(path, uid, gid));
      if (entry.type === "fifo") setMode(path, entry.mode);
      setTimes(path, entry.modified);
    }
  }

  #writeDirectory(path: ByteString, entry: TarEntry): void {
    const there = lstatSync(bytesOf(path), { throwIfNoEntry: false });
    if (!there) makeDirectory(path, 0o700);
    else if (!statSync(bytesOf(path), { throwIfNoEntry: false })?.isDirectory())
      throw new CntnrError("conflict", `${textOf(path)}: a directory cannot take the place of a file`);
    this.#own(entry, (uid, gid) => setOwner(path, uid, gid));
    setMode(path, entry.mode);
    this.#directoryTimes.set(path, entry.modified);
  }

  /** Whoever copies one thing has its directory; an archive of anybody's may leave directories out. */
  #makeParents(path: ByteString): void {
    const parent = parentOf(path);
    if (parent === "" || lstatSync(bytesOf(parent), { throwIfNoEntry: false })) return;
    this.#makeParents(parent);
    makeDirectory(parent, 0o755);
  }

  #clear(path: ByteString): void {
    const there = lstatSync(bytesOf(path), { throwIfNoEntry: false });
    if (there?.isDirectory())
      throw new CntnrError("conflict", `${textOf(path)}: a file cannot take the place of a directory`);
    if (there) unlinkFile(path);
  }

  /** What the worker makes is its own: root's, in a container. */
  #own({ uid, gid }: TarEntry, change: (uid: number, gid: number) => void): void {
    if (this.#action.owners === "maker") return;
    try {
      change(uid, gid);
    } catch (error) {
      if (!hasErrno(error, "EINVAL", "EPERM")) throw error;
      this.#changedOwners++;
    }
  }
}

function kindOf(path: string): "directory" | "other" | "nothing" {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) return "nothing";
  return status.isDirectory() ? "directory" : "other";
}

/** Says of a failed system call which file it was about. */
function explained(path: ByteString, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof CntnrError) throw error;
    const reasons: readonly [string, string][] = [
      ["EROFS", "its file system is read-only"],
      ["ENOSPC", "no space is left on the device"],
      ["EDQUOT", "the disk quota is used up"],
      ["EACCES", "you may not write there"],
      ["EPERM", "you may not do that there"],
      ["ETXTBSY", "it is a program that runs"],
    ];
    const reason = reasons.find(([code]) => hasErrno(error, code))?.[1];
    if (reason === undefined) throw error;
    throw new CntnrError("engine", `${textOf(path)}: ${reason}`, { cause: error });
  }
}

function bytesOf(path: ByteString): Buffer {
  return Buffer.from(path, "latin1");
}

function textOf(path: ByteString): string {
  return bytesOf(path).toString();
}
