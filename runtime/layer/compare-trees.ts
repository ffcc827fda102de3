import {
  type BigIntStats,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";
import { type ByteString, getAttribute, listAttributes } from "../sys/file-calls.ts";
import { isWhiteout } from "./deletion-marks.ts";
import { joinPath } from "./entry-path.ts";
import { printable } from "./layer-error.ts";

/** What was looked at: two trees, and what in the first has no time that anybody means. */
export interface TreeComparison {
  /** Root directory of the tree as it is to be. */
  readonly wanted: ByteString;
  /** Of the tree as it is. */
  readonly found: ByteString;
  /** Directories that are only implied: they are as old as they are. */
  readonly implied: ReadonlySet<ByteString>;
}

export interface TreeDifferences {
  /** How many paths differ. */
  readonly count: number;
  /** The first few of them: the path, and in which way. */
  readonly shown: readonly string[];
}

const mostShown = 3;
const otherTime = "has another time";
const chunkBytes = 1024 * 1024;

/**
 * Compares two trees to the bit: kinds, contents, owners, modes, times, attributes, and which names are one file. Goes through both
 * without following a link. Root of their user namespace has to do it.
 */
export function compareTrees(comparison: TreeComparison): TreeDifferences {
  const shown: string[] = [];
  /** As a rule of directories, because of what was changed in them. */
  const older: string[] = [];
  let count = 0;
  const tell = (path: ByteString, what: string) => {
    count++;
    const list = what === otherTime ? older : shown;
    if (list.length < mostShown) list.push(`${path === "" ? "the root directory" : printable(path)} ${what}`);
  };
  const links = { wanted: new Map<bigint, ByteString>(), found: new Map<bigint, ByteString>() };
  const pending: ByteString[] = [""];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const [wanted, found] = [at(comparison.wanted, path), at(comparison.found, path)];
    const [a, b] = [statusOf(wanted), statusOf(found)];
    if (!a || !b) {
      tell(path, a ? "is missing" : "was added");
      continue;
    }
    const isOneFile = firstName(links.wanted, a, path) === firstName(links.found, b, path);
    const what = isOneFile
      ? difference({ wanted, found, a, b }, comparison.implied.has(path))
      : "has other names";
    if (what !== undefined) tell(path, what);
    if (a.isDirectory() && b.isDirectory())
      for (const name of namesIn(wanted, found)) pending.push(joinPath(path, name));
  }
  return { count, shown: [...shown, ...older].slice(0, mostShown) };
}

interface Pair {
  readonly wanted: ByteString;
  readonly found: ByteString;
  readonly a: BigIntStats;
  readonly b: BigIntStats;
}

function difference({ wanted, found, a, b }: Pair, isImplied: boolean): string | undefined {
  // Nothing of a whiteout counts but that it is one.
  if (isWhiteout(wanted, a)) return isWhiteout(found, b) ? undefined : "is there, and is to be deleted";
  const kindBits = 0o170000n;
  if ((a.mode & kindBits) !== (b.mode & kindBits)) return "is something else";
  if (a.isFile() && (a.size !== b.size || !haveSameContents(wanted, found))) return "has other contents";
  if (a.isSymbolicLink() && targetOf(wanted) !== targetOf(found)) return "leads to somewhere else";
  if (a.rdev !== b.rdev) return "is another device";
  if (a.uid !== b.uid || a.gid !== b.gid) return "has another owner";
  if (a.mode !== b.mode) return "has another mode";
  if (!haveSameAttributes(wanted, found)) return "has other attributes";
  return a.mtimeNs === b.mtimeNs || isImplied ? undefined : otherTime;
}

function haveSameContents(wanted: ByteString, found: ByteString): boolean {
  const [a, b] = [openToRead(wanted), openToRead(found)];
  try {
    const [chunk, other] = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)];
    for (;;) {
      const count = readSync(a, chunk, 0, chunkBytes, null);
      if (readFully(b, other, count) !== count) return false;
      if (!chunk.subarray(0, count).equals(other.subarray(0, count))) return false;
      if (count === 0) return true;
    }
  } finally {
    closeSync(a);
    closeSync(b);
  }
}

function readFully(fd: number, buffer: Buffer, wanted: number): number {
  let done = 0;
  while (done < wanted) {
    const count = readSync(fd, buffer, done, wanted - done, null);
    if (count === 0) break;
    done += count;
  }
  return done;
}

function openToRead(path: ByteString): number {
  return openSync(bytes(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

function haveSameAttributes(wanted: ByteString, found: ByteString): boolean {
  const names = listAttributes(wanted).sort();
  if (String(names) !== String(listAttributes(found).sort())) return false;
  return names.every((name) => {
    const [a, b] = [getAttribute(wanted, name), getAttribute(found, name)];
    return a !== undefined && b !== undefined && a.equals(b);
  });
}

/** By which name a file was met first, if it has several. */
function firstName(known: Map<bigint, ByteString>, status: BigIntStats, path: ByteString): ByteString {
  if (status.isDirectory() || status.nlink === 1n) return path;
  const first = known.get(status.ino) ?? path;
  known.set(status.ino, first);
  return first;
}

function namesIn(...directories: readonly ByteString[]): ReadonlySet<ByteString> {
  return new Set(directories.flatMap((path) => readdirSync(bytes(path), { encoding: "latin1" })).sort());
}

function statusOf(path: ByteString): BigIntStats | undefined {
  try {
    return lstatSync(bytes(path), { bigint: true });
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

function targetOf(path: ByteString): string {
  return readlinkSync(bytes(path), { encoding: "latin1" });
}

function at(root: ByteString, path: ByteString): ByteString {
  return path === "" ? root : `${root}/${path}`;
}

function bytes(path: ByteString): Buffer {
  return Buffer.from(path, "latin1");
}
