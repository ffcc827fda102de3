import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
} from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { ByteString } from "../sys/file-calls.ts";
import type { ArchiveOutput } from "./archive-output.ts";
import { isOwnMark } from "./deletion-marks.ts";
import { joinPath } from "./entry-path.ts";
import { findSegments } from "./file-holes.ts";
import { printable, unsupportedLayer } from "./layer-error.ts";
import type { LowerLayers } from "./lower-layers.ts";
import { findMountStubs } from "./mount-stubs.ts";
import type { Segment } from "./sparse-map.ts";
import type { FileEntry, TarEntry } from "./tar-entry.ts";
import { endOfArchive, formatEntry, paddingAfter } from "./tar-writer.ts";
import {
  type DescriptionRules,
  describeFile,
  isOpaque,
  isWhiteoutNode,
  readAttributes,
  type TreeAttributes,
} from "./tree-entry.ts";
import { opaqueName, whiteoutPrefix } from "./whiteout.ts";

export interface PackRules extends DescriptionRules {
  /** Clean paths on which the runtime has mounted something; see {@link findMountStubs}. */
  readonly mountPoints: readonly ByteString[];
}

/** What is told of the tree while it is packed, so that it can be made the same as the archive (adopt-tree.ts). */
export interface TreeListener {
  /** Something that the archive does not have. */
  omitted(path: ByteString, status: BigIntStats): void;
  /** Something that it has, or with `entry` undefined: the root directory, if that has no entry. */
  packed(path: ByteString, attributes: TreeAttributes, entry: TarEntry | undefined, isOpaque: boolean): void;
}

/** What was packed, and what could not be as it is. */
export interface PackReport {
  readonly entries: number;
  /** Sum of the sizes of all files. */
  readonly contentBytes: number;
  readonly skippedSockets: number;
  readonly droppedAttributes: number;
  /** Files that became shorter or went away while they were read: filled up with zeros, or left out. */
  readonly changedFiles: number;
  /** The layer says nothing of its root directory itself. */
  readonly isRootImplied: boolean;
  /** The tree says in our own way what it deletes (deletion-marks.ts). */
  readonly hasOwnMarks: boolean;
}

const noAttributes: TreeAttributes = { archived: new Map(), overlay: new Map(), dropped: [] };

/**
 * Packs the working directory, the upper directory of an overlay mounted with `userxattr` or any other tree, as a layer
 * (image-spec, layer.md): names in the order of their bytes, whiteouts as `.wh.` files. Of an opaque directory that is
 * said only where a directory of lower layers would be seen in it; overlays make directories opaque as an optimisation, too. The
 * root has an entry where it differs from that of the layers below.
 *
 * It trusts its root, as LayerWriter does: links that somebody puts in its way lead nowhere else.
 */
export class TreePacker {
  readonly #output: ArchiveOutput;
  readonly #lowers: LowerLayers;
  readonly #rules: PackRules;
  readonly #listener: TreeListener | undefined;
  /** The first names of files with several. */
  readonly #linked = new Map<bigint, ByteString>();
  #entries = 0;
  #contentBytes = 0;
  #skippedSockets = 0;
  #droppedAttributes = 0;
  #changedFiles = 0;
  #hasOwnMarks = false;

  constructor(output: ArchiveOutput, lowers: LowerLayers, rules: PackRules, listener?: TreeListener) {
    this.#output = output;
    this.#lowers = lowers;
    this.#rules = rules;
    this.#listener = listener;
  }

  async pack(): Promise<PackReport> {
    const isRootImplied = this.#packRoot();
    await this.#packContents(findMountStubs(this.#rules.mountPoints, this.#lowers));
    this.#output.write(endOfArchive);
    return {
      entries: this.#entries,
      contentBytes: this.#contentBytes,
      skippedSockets: this.#skippedSockets,
      droppedAttributes: this.#droppedAttributes,
      changedFiles: this.#changedFiles,
      isRootImplied,
      hasOwnMarks: this.#hasOwnMarks,
    };
  }

  #packRoot(): boolean {
    const status = lstatSync(".", { bigint: true });
    const attributes = readAttributes("");
    const lower = this.#lowers.status("");
    const isImplied =
      lower !== undefined &&
      BigInt(lower.mode) === status.mode &&
      BigInt(lower.uid) === status.uid &&
      BigInt(lower.gid) === status.gid &&
      attributes.archived.size === 0;
    const entry = isImplied ? undefined : describeFile("", status, attributes, this.#rules);
    if (entry) this.#writeHeaders(entry);
    this.#listener?.packed("", attributes, entry, false);
    return isImplied;
  }

  /** Depth first, with a stack of its own: trees may be deeper than calls can be. */
  async #packContents(stubs: ReadonlySet<ByteString>): Promise<void> {
    const stack = [{ path: "", names: namesIn(""), next: 0 }];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const name = top.names[top.next++];
      if (name === undefined) {
        stack.pop();
        continue;
      }
      const path = joinPath(top.path, name);
      const status = lstatSync(bytesOf(path), { bigint: true, throwIfNoEntry: false });
      if (!status) this.#changedFiles++;
      else if (stubs.has(path)) this.#listener?.omitted(path, status);
      else await this.#packNode(path, name, top.path, status);
      if (status?.isDirectory() && !stubs.has(path)) stack.push({ path, names: namesIn(path), next: 0 });
      if (this.#output.isAhead) await this.#output.catchUp();
    }
  }

  async #packNode(
    path: ByteString,
    name: ByteString,
    parent: ByteString,
    status: BigIntStats,
  ): Promise<void> {
    let read: TreeAttributes | undefined;
    const attributes = () => (read ??= readAttributes(path));
    if (isWhiteoutNode(status, attributes)) {
      this.#hasOwnMarks ||= !status.isCharacterDevice();
      this.#writeMark(joinPath(parent, whiteoutPrefix + name));
      return;
    }
    if (name.startsWith(whiteoutPrefix))
      throw unsupportedLayer(
        `${printable(path)} cannot be part of a layer: there, names that begin with .wh. say that something is deleted`,
      );
    const first = status.nlink > 1n && !status.isDirectory() ? this.#linked.get(status.ino) : undefined;
    const entry = describeFile(path, status, first === undefined ? attributes() : noAttributes, this.#rules);
    if (!entry) {
      this.#skippedSockets++;
      this.#listener?.omitted(path, status);
      return;
    }
    if (first !== undefined) {
      this.#writeHeaders({ ...entry, type: "hard-link", target: first });
      return;
    }
    if (status.nlink > 1n && !status.isDirectory()) this.#linked.set(status.ino, path);
    this.#droppedAttributes += attributes().dropped.length;
    if (entry.type !== "file") this.#writeHeaders(entry);
    else if (!(await this.#packFile(entry))) return;
    const hides = entry.type === "directory" && isOpaque(attributes()) && this.#hidesSomething(path);
    if (hides) {
      this.#hasOwnMarks ||= [...attributes().overlay.keys()].some(isOwnMark);
      this.#writeMark(joinPath(path, opaqueName));
    }
    this.#listener?.packed(path, attributes(), entry, hides);
  }

  #hidesSomething(path: ByteString): boolean {
    return this.#lowers.isNone || this.#lowers.has(path, "directory");
  }

  /** An empty file that says something of lower layers. */
  #writeMark(path: ByteString): void {
    const modified = { seconds: 0, nanoseconds: 0 };
    const base = { path, mode: 0o600, uid: 0, gid: 0, modified, attributes: new Map() };
    this.#writeHeaders({ ...base, type: "file", sizeBytes: 0, isSparse: false });
  }

  /** False when the file is gone, or something else has come in its place. */
  async #packFile(entry: FileEntry): Promise<boolean> {
    const fd = openIfFile(entry.path);
    if (fd === undefined) {
      this.#changedFiles++;
      return false;
    }
    this.#contentBytes += entry.sizeBytes;
    try {
      const segments = findSegments(fd, entry.sizeBytes);
      this.#writeHeaders(entry, segments);
      let storedBytes = 0;
      for (const segment of segments ?? [{ offset: 0, length: entry.sizeBytes }]) {
        await this.#copy(fd, segment);
        storedBytes += segment.length;
      }
      this.#output.write(paddingAfter(storedBytes));
      return true;
    } finally {
      closeSync(fd);
    }
  }

  /** Exactly as many bytes as the header says, also when the file becomes shorter meanwhile. */
  async #copy(fd: number, { offset, length }: Segment): Promise<void> {
    let isCutOff = false;
    for (let done = 0; done < length; ) {
      const space = this.#output.space();
      const wanted = Math.min(space.length, length - done);
      const bytes = isCutOff ? 0 : readSync(fd, space, 0, wanted, offset + done);
      if (bytes === 0) {
        if (!isCutOff) this.#changedFiles++;
        isCutOff = true;
        space.fill(0, 0, wanted);
      }
      this.#output.advance(bytes || wanted);
      done += bytes || wanted;
      if (this.#output.isAhead) await this.#output.catchUp();
    }
  }

  #writeHeaders(entry: TarEntry, segments?: readonly Segment[]): void {
    this.#entries++;
    this.#output.write(formatEntry(entry, segments && { segments }));
  }
}

function openIfFile(path: ByteString): number | undefined {
  try {
    const fd = openSync(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (fstatSync(fd).isFile()) return fd;
    closeSync(fd);
  } catch (error) {
    if (!hasErrno(error, "ENOENT", "ELOOP", "ENXIO")) throw error;
  }
  return undefined;
}

/** The names in a directory, in the order of their bytes. */
function namesIn(path: ByteString): ByteString[] {
  return readdirSync(bytesOf(path || "."), { encoding: "latin1" }).sort((a, b) => (a < b ? -1 : 1));
}

function bytesOf(path: ByteString): Buffer {
  return Buffer.from(path, "latin1");
}
