import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from "node:fs";
import { join, posix } from "node:path";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { isOpaqueDirectory, isWhiteout } from "../layer/deletion-marks.ts";
import type { ByteString } from "../sys/file-calls.ts";

/** What is at a path of the merged tree. */
export interface TreeEntry {
  /** Absolute, in the merged tree, without links. */
  readonly path: string;
  /** Of the layer that shows, on the host. */
  readonly hostPath: string;
  readonly stats: Stats;
}

/** Where a path leads when its links are followed; `entry` is missing when nothing is there. */
export interface Resolution {
  readonly path: string;
  readonly entry?: TreeEntry;
}

const mostLinks = 40; // MAXSYMLINKS of path_resolution(7)
const largestFileBytes = 4 * 1024 * 1024;

/**
 * Looks at unpacked layers as an overlay of them would look (overlayfs.rst), without one being mounted. Links are followed within
 * the tree and never by the kernel, so whatever an image has for /etc/passwd, no file of the host is read for it. The
 * layers are the user's own and do not change.
 */
export class LayeredTree {
  readonly #root: MergedDirectory;

  /** @param layers absolute paths, lowest first */
  constructor(layers: readonly string[]) {
    const directories = layers.toReversed();
    const [top = "/nonexistent"] = directories;
    this.#root = new MergedDirectory("/", top, lstatSync(`${top}/`), [], directories);
  }

  /** The root directory, whose owner and mode the container's has. */
  get root(): TreeEntry {
    return this.#root;
  }

  /** What is at an absolute path; the directories on the way may be links, the last component is not followed. */
  lookUp(path: string): TreeEntry | undefined {
    const { entry } = this.resolve(posix.dirname(path));
    return entry && isDirectory(entry) ? this.#child(entry, posix.basename(path)) : undefined;
  }

  /**
   * Follows all links of an absolute path within the tree. What is missing is taken as it is written, for it can be made.
   * Throws CntnrError `unsupported` for links in circles.
   */
  resolve(path: string): Resolution {
    let names = path.split("/");
    let stack: (MergedDirectory | string)[] = [];
    let links = 0;
    while (names.length > 0) {
      const name = names.shift() ?? "";
      if (name === "" || name === ".") continue;
      if (name === "..") {
        stack.pop();
        continue;
      }
      const parent = stack.length === 0 ? this.#root : stack.at(-1);
      const entry =
        parent === undefined || typeof parent === "string" ? undefined : this.#child(parent, name);
      if (entry?.stats.isSymbolicLink()) {
        if (++links > mostLinks)
          throw new CntnrError("unsupported", `${path}: links of the image go in circles`);
        const target = readlinkSync(entry.hostPath);
        if (target.startsWith("/")) stack = [];
        names = [...target.split("/"), ...names];
        continue;
      }
      if (entry && isDirectory(entry)) stack.push(entry);
      else if (entry && names.every((rest) => rest === "" || rest === "."))
        return { path: entry.path, entry };
      else stack.push(name);
    }
    const last = stack.at(-1);
    if (last === undefined) return { path: "/", entry: this.#root };
    if (typeof last !== "string") return { path: last.path, entry: last };
    return {
      path: `/${stack.map((part) => (typeof part === "string" ? part : posix.basename(part.path))).join("/")}`,
    };
  }

  /** The layers' directories that a directory is made of, the uppermost first; undefined when none is there. Links are followed. */
  directoriesOf(path: string): readonly string[] | undefined {
    const { entry } = this.resolve(path);
    return entry && isDirectory(entry) ? entry.directories : undefined;
  }

  /** The text of a regular file, links followed; undefined when there is none. Throws CntnrError for one that may not be read. */
  readText(path: string): string | undefined {
    const { entry } = this.resolve(path);
    if (!entry?.stats.isFile()) return undefined;
    return readable(path, () => readRegularFile(entry.hostPath, path));
  }

  /** The uppermost entry of this name; a directory goes on below until something hides what is there. */
  #child(parent: MergedDirectory, name: string): TreeEntry | undefined {
    const path = posix.join(parent.path, name);
    return readable(path, () => {
      for (const [index, directory] of parent.directories.entries()) {
        const hostPath = join(directory, name);
        const stats = lstatSync(hostPath, { throwIfNoEntry: false });
        if (!stats) continue;
        if (isWhiteout(byteString(hostPath), stats)) return undefined;
        if (!stats.isDirectory()) return { path, hostPath, stats };
        return new MergedDirectory(path, hostPath, stats, parent.directories.slice(index));
      }
      return undefined;
    });
  }
}

/** A directory of the merged tree. What is below its uppermost layer is looked for when it is needed, for that takes rights. */
class MergedDirectory implements TreeEntry {
  #directories: readonly string[] | undefined;

  /** @param parents the parent's directories from the layer on that has this one; the root has none, but `directories` */
  constructor(
    readonly path: string,
    readonly hostPath: string,
    readonly stats: Stats,
    private readonly parents: readonly string[],
    directories?: readonly string[],
  ) {
    this.#directories = directories;
  }

  /** The layers' directories that it is made of, the uppermost first. */
  get directories(): readonly string[] {
    this.#directories ??= readable(this.path, () => this.#findDirectories());
    return this.#directories;
  }

  #findDirectories(): string[] {
    const directories: string[] = [];
    const name = posix.basename(this.path);
    for (const [index, parent] of this.parents.entries()) {
      const hostPath = join(parent, name);
      const stats = lstatSync(hostPath, { throwIfNoEntry: false });
      if (!stats) continue;
      if (!stats.isDirectory()) break;
      directories.push(hostPath);
      if (index < this.parents.length - 1 && isOpaqueDirectory(byteString(hostPath))) break;
    }
    return directories;
  }
}

/** A directory of the image is another of its users' alone: only root of the user namespace can look into it. */
export class UnreadableError extends CntnrError {
  constructor(path: string, cause: unknown) {
    super("unsupported", `the image's ${path} is another of its users' alone and cannot be looked at`, {
      cause,
    });
  }
}

function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (hasErrno(error, "EACCES")) throw new UnreadableError(path, error);
    throw error;
  }
}

function isDirectory(entry: TreeEntry): entry is MergedDirectory {
  return entry instanceof MergedDirectory;
}

function byteString(path: string): ByteString {
  return Buffer.from(path).toString("latin1");
}

function readRegularFile(hostPath: string, path: string): string {
  const fd = openSync(hostPath, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() || stats.size > largestFileBytes)
      throw new CntnrError(
        "unsupported",
        `the image's ${path} is no file of at most ${largestFileBytes} bytes`,
      );
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}
