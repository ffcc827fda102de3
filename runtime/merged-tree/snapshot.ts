import { type BigIntStats, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { joinPath } from "../layer/entry-path.ts";
import type { ByteString } from "../sys/file-calls.ts";
import { bytes } from "./copy-node.ts";

/** What tells a file from any other, and from itself when it has been changed. */
interface FileStamp {
  readonly inode: string;
  /** Of the last change of whatever belongs to it, in nanoseconds; no program can set it. */
  readonly changed: string;
  /** When it was made, in nanoseconds; 0 where the file system does not know, undefined where nobody has asked. */
  readonly born: string | undefined;
  readonly isDirectory: boolean;
}

/** All that was in a tree at some time, by paths relative to its root, "" for the root. */
export interface Snapshot {
  readonly stamps: ReadonlyMap<ByteString, FileStamp>;
  /** Names by the directory that they are in. */
  readonly names: ReadonlyMap<ByteString, readonly ByteString[]>;
}

export function stampOf(status: BigIntStats): FileStamp {
  return {
    inode: String(status.ino),
    changed: String(status.ctimeNs),
    born: String(status.birthtimeNs),
    isDirectory: status.isDirectory(),
  };
}

export function isUnchanged(a: FileStamp, b: FileStamp): boolean {
  return a.inode === b.inode && a.isDirectory === b.isDirectory && a.changed === b.changed;
}

/** Whether it is the same file, however changed. A file system may give the inode's number of one that is gone to the next. */
export function isSame(a: FileStamp, b: FileStamp): boolean {
  return a.inode === b.inode && (a.born ?? b.born) === (b.born ?? a.born);
}

/** Writes a snapshot of the working directory to a file outside of it. From the return on every change gets another stamp. */
export async function takeSnapshot(file: string): Promise<void> {
  const lines: string[] = [];
  let latest = 0n;
  const pending: ByteString[] = [""];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const status = lstatSync(bytes(path || "."), { bigint: true });
    const { inode, changed, born, isDirectory } = stampOf(status);
    lines.push(`${inode} ${changed} ${isDirectory ? "d" : "f"}${born} ${path}\0`);
    if (status.ctimeNs > latest) latest = status.ctimeNs;
    if (isDirectory)
      for (const name of readdirSync(bytes(path || "."), { encoding: "latin1" }))
        pending.push(joinPath(path, name));
  }
  writeFileSync(file, bytes(lines.join("")), { mode: 0o600 });
  await clockBeyond(latest, `${file}.clock`);
}

const clockStepMs = 1;

/** Stamps come from a clock that goes on in steps, of some milliseconds as a rule, and on a server it is another's clock. */
async function clockBeyond(time: bigint, probe: string): Promise<void> {
  try {
    for (;;) {
      writeFileSync(probe, "");
      if (lstatSync(probe, { bigint: true }).ctimeNs > time) return;
      await Bun.sleep(clockStepMs);
    }
  } finally {
    rmSync(probe, { force: true });
  }
}

export function readSnapshot(file: string): Snapshot {
  const stamps = new Map<ByteString, FileStamp>();
  const names = new Map<ByteString, ByteString[]>();
  for (const line of readFileSync(file, "latin1").split("\0")) {
    // Those that earlier versions took say nothing of births.
    const [, inode = "", changed = "", kind, born, path = ""] =
      /^(\d+) (-?\d+) ([df])(-?\d+)? ([\s\S]*)$/.exec(line) ?? [];
    if (kind === undefined) continue;
    stamps.set(path, { inode, changed, born, isDirectory: kind === "d" });
    if (path === "") continue;
    const slash = path.lastIndexOf("/");
    const parent = slash < 0 ? "" : path.slice(0, slash);
    const siblings = names.get(parent) ?? [];
    siblings.push(path.slice(slash + 1));
    names.set(parent, siblings);
  }
  return { stamps, names };
}
