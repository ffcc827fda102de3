import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  statfsSync,
} from "node:fs";
import { posix } from "node:path";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { ArchiveOutput } from "../layer/archive-output.ts";
import { joinPath } from "../layer/entry-path.ts";
import type { FileEntry, TarEntry } from "../layer/tar-entry.ts";
import { endOfArchive, formatEntry, paddingAfter } from "../layer/tar-writer.ts";
import {
  type DescriptionRules,
  describeFile,
  readAttributes,
  type TreeAttributes,
} from "../layer/tree-entry.ts";
import type { ByteString } from "../sys/file-calls.ts";
import { archiveDescriptor, type CopyAction, type CopyReport } from "./copy-job.ts";
import { followLinks } from "./follow-links.ts";
import type { MountPoints } from "./mounts-of-process.ts";

type PackAction = Extract<CopyAction, { kind: "pack" }>;
type ExportAction = Extract<CopyAction, { kind: "export" }>;

const noAttributes = { archived: new Map(), overlay: new Map(), dropped: [] };

/** What of each file goes into the archive. */
interface PackRules {
  readonly description: DescriptionRules;
  readonly attributesOf: (path: ByteString, status: BigIntStats) => TreeAttributes;
  /** Of what is mounted there only the places are packed. */
  readonly mountPoints: MountPoints;
}

const copyRules: PackRules = {
  description: { owners: { kind: "files" }, latestSeconds: undefined },
  // They stay where they are, as with docker.
  attributesOf: () => noAttributes,
  mountPoints: new Set(),
};

/** statfs(2), f_type: what is in them is the kernel's, has no size to speak of, and may not be readable or never end. */
const kernelFileSystems: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x27e0eb, // cgroup
  0x63677270, // cgroup2
  0x1cd1, // devpts
  0x19800202, // mqueue
]);

/**
 * Writes what is at a path, with all below it, as an archive; of the kernel's file systems below it only the mount points,
 * as with docker. Throws CntnrError `not-found` when nothing is there. */
export async function packPath({ path, followsLink, name }: PackAction): Promise<CopyReport> {
  const { directory, base } = locate(path, followsLink);
  process.chdir(directory);
  const output = new ArchiveOutput(archiveDescriptor, "none");
  return new PathPacker(output, copyRules, base, bytesToText(name)).pack();
}

/** Writes all that is below the root, as `docker export` does. */
export async function packRoot({ owners }: ExportAction, mountPoints: MountPoints): Promise<CopyReport> {
  process.chdir("/");
  const rules: PackRules = {
    description: { owners: { kind: owners }, latestSeconds: undefined },
    attributesOf: (path, status) =>
      status.isFile() || status.isDirectory() ? readAttributes(path) : noAttributes,
    mountPoints,
  };
  return new PathPacker(new ArchiveOutput(archiveDescriptor, "none"), rules, ".", "").pack();
}

/** The directory to work in, and the name in it: links on the way are followed, and the last one only where that is asked for. */
function locate(path: string, followsLink: boolean): { readonly directory: string; readonly base: string } {
  try {
    const real = followsLink ? followLinks(path) : path;
    lstatSync(real);
    return { directory: posix.dirname(real), base: posix.basename(real) || "." };
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR"))
      throw new CntnrError("not-found", `${path}: there is no such file or directory`);
    throw error;
  }
}

class PathPacker {
  readonly #output: ArchiveOutput;
  readonly #rules: PackRules;
  readonly #base: ByteString;
  readonly #name: ByteString;
  /** The first names of files with several. */
  readonly #linked = new Map<string, ByteString>();
  #entries = 0;

  /** @param name what the names in the archive begin with; "": what is at `base` itself is not packed */
  constructor(output: ArchiveOutput, rules: PackRules, base: string, name: ByteString) {
    this.#output = output;
    this.#rules = rules;
    this.#base = bytesToText(base);
    this.#name = name;
  }

  async pack(): Promise<CopyReport> {
    const stack = [this.#base];
    let ownDevice: bigint | undefined;
    for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
      const status = lstatSync(bytesOf(path), { bigint: true, throwIfNoEntry: false });
      if (!status) continue; // Gone meanwhile.
      const isMountPoint = this.#rules.mountPoints.has(this.#named(path));
      if (this.#named(path) !== "") await this.#packNode(path, status, isMountPoint);
      ownDevice ??= status.dev;
      if (isMountPoint || !status.isDirectory() || (status.dev !== ownDevice && isKernels(path))) continue;
      for (const name of namesIn(path).toReversed()) stack.push(joinPath(path, name));
    }
    this.#output.write(endOfArchive);
    await this.#output.finish();
    return { entries: this.#entries, skippedDevices: 0, changedOwners: 0 };
  }

  async #packNode(path: ByteString, status: BigIntStats, isMountPoint: boolean): Promise<void> {
    const { description, attributesOf } = this.#rules;
    const attributes = isMountPoint ? noAttributes : attributesOf(path, status);
    const described = describeFile(path, status, attributes, description);
    if (!described) return; // A socket.
    if (isMountPoint && !status.isDirectory()) return this.#write(placeOf(path, described));
    const entry = { ...described, path: this.#named(path) };
    const key = `${status.dev}:${status.ino}`;
    const first = status.nlink > 1n && !status.isDirectory() ? this.#linked.get(key) : undefined;
    if (first !== undefined) return this.#write({ ...entry, type: "hard-link", target: first });
    if (status.nlink > 1n && !status.isDirectory()) this.#linked.set(key, entry.path);
    if (entry.type === "file") await this.#packFile(path, entry);
    else this.#write(entry);
  }

  #named(path: ByteString): ByteString {
    return path === this.#base ? this.#name : joinPath(this.#name, path.slice(this.#base.length + 1));
  }

  async #packFile(path: ByteString, entry: FileEntry): Promise<void> {
    const fd = openIfFile(path);
    if (fd === undefined) return; // Something else has come in its place.
    try {
      this.#write(entry);
      let isCutOff = false;
      for (let done = 0; done < entry.sizeBytes; ) {
        const space = this.#output.space();
        const wanted = Math.min(space.length, entry.sizeBytes - done);
        const bytes = isCutOff ? 0 : readSync(fd, space, 0, wanted, done);
        if (bytes === 0) {
          // It became shorter while it was read; the header has been written.
          isCutOff = true;
          space.fill(0, 0, wanted);
        }
        this.#output.advance(bytes || wanted);
        done += bytes || wanted;
        if (this.#output.isAhead) await this.#output.catchUp();
      }
      this.#output.write(paddingAfter(entry.sizeBytes));
    } finally {
      closeSync(fd);
    }
  }

  #write(entry: TarEntry): void {
    this.#entries++;
    this.#output.write(formatEntry(entry));
  }
}

/** What a file, a device or a socket is mounted on. */
function placeOf(path: ByteString, { uid, gid, modified }: TarEntry): TarEntry {
  const name = path.slice("./".length);
  const base = { path: name, mode: 0o644, uid, gid, modified, attributes: new Map() };
  return { ...base, type: "file", sizeBytes: 0, isSparse: false };
}

function openIfFile(path: ByteString): number | undefined {
  try {
    const fd = openSync(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (fstatSync(fd).isFile()) return fd;
    closeSync(fd);
  } catch (error) {
    if (hasErrno(error, "EACCES", "EPERM"))
      throw new CntnrError("not-permitted", `${Buffer.from(path, "latin1")}: you may not read it`);
    if (!hasErrno(error, "ENOENT", "ELOOP", "ENXIO")) throw error;
  }
  return undefined;
}

function isKernels(path: ByteString): boolean {
  try {
    return kernelFileSystems.has(statfsSync(bytesOf(path)).type >>> 0);
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return true; // Gone meanwhile.
    throw error;
  }
}

function namesIn(path: ByteString): ByteString[] {
  try {
    return readdirSync(bytesOf(path), { encoding: "latin1" }).sort((a, b) => (a < b ? -1 : 1));
  } catch (error) {
    if (hasErrno(error, "EACCES", "EPERM"))
      throw new CntnrError("not-permitted", `${Buffer.from(path, "latin1")}: you may not read it`);
    // Gone, or replaced, meanwhile.
    if (hasErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

function bytesOf(path: ByteString): Buffer {
  return Buffer.from(path, "latin1");
}

/** A name of ours (UTF-8) as the bytes that it has on disk. */
function bytesToText(name: string): ByteString {
  return Buffer.from(name).toString("latin1");
}
