import { type BigIntStats, lstatSync, readdirSync, renameSync } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";
import { makeOpaque, makeWhiteout } from "../layer/deletion-marks.ts";
import { joinPath, parentOf } from "../layer/entry-path.ts";
import { type ByteString, makeDirectory } from "../sys/file-calls.ts";
import { bytes, copyDescription, NodeCopier } from "./copy-node.ts";
import { mergeDirectories } from "./merge-layers.ts";
import { isSame, isUnchanged, type Snapshot, stampOf } from "./snapshot.ts";

/**
 * Moves or copies what is new in a tree since its snapshot into the working directory, which becomes what the upper directory of an
 * overlay would be: new and changed files, the directories that they are in, and whiteouts for what is not there any more. A tree from
 * which something is moved is used up.
 * @param tree its root directory
 */
export function takeChanges(tree: ByteString, snapshot: Snapshot, how: "move" | "copy"): void {
  new ChangeTaker(tree, snapshot, how).take();
}

class ChangeTaker {
  readonly #tree: ByteString;
  readonly #snapshot: Snapshot;
  /** Directories that are in the upper one by now; described at the end, for what is made in them changes their times. */
  readonly #made = new Map<ByteString, BigIntStats>();
  /** Files with several names of which one is new: all of these go together, or they would be files of their own. */
  readonly #linked = new Set<bigint>();

  readonly #how: "move" | "copy";
  readonly #copier = new NodeCopier();

  constructor(tree: ByteString, snapshot: Snapshot, how: "move" | "copy") {
    this.#tree = tree;
    this.#snapshot = snapshot;
    this.#how = how;
  }

  take(): void {
    this.#findLinked();
    this.#made.set("", this.#statusOf(""));
    const pending: ByteString[] = [""];
    for (let path = pending.pop(); path !== undefined; path = pending.pop())
      pending.push(...this.#takeFrom(path));
    for (const [path, status] of [...this.#made].reverse())
      copyDescription(this.#at(path), path || ".", status);
  }

  /** Takes what has changed in a directory that was there; returns the directories in it that were there, too. */
  #takeFrom(directory: ByteString): ByteString[] {
    const present = this.#namesIn(directory);
    const kept: ByteString[] = [];
    for (const name of present) {
      const path = joinPath(directory, name);
      const status = this.#statusOf(path);
      const [before, now] = [this.#snapshot.stamps.get(path), stampOf(status)];
      if (status.isDirectory() && before?.isDirectory && isSame(before, now)) {
        if (!isUnchanged(before, now)) this.#ensure(path, status);
        kept.push(path);
      } else if (!before || !isUnchanged(before, now) || this.#linked.has(status.ino)) {
        this.#take(path, status);
        // As an overlay marks what is made in a directory that was there, be it in the place of something or not.
        if (status.isDirectory()) this.#hideBelow(path);
      }
    }
    const isThere = new Set(present);
    for (const name of this.#snapshot.names.get(directory) ?? [])
      if (!isThere.has(name)) {
        this.#ensure(directory);
        makeWhiteout(joinPath(directory, name));
      }
    return kept;
  }

  #findLinked(): void {
    const pending: ByteString[] = [""];
    for (let directory = pending.pop(); directory !== undefined; directory = pending.pop())
      for (const name of this.#namesIn(directory)) {
        const path = joinPath(directory, name);
        const status = this.#statusOf(path);
        if (status.isDirectory()) pending.push(path);
        else if (status.nlink > 1n) {
          const before = this.#snapshot.stamps.get(path);
          if (!before || !isUnchanged(before, stampOf(status))) this.#linked.add(status.ino);
        }
      }
  }

  #take(path: ByteString, status: BigIntStats): void {
    this.#ensure(parentOf(path));
    const from = this.#at(path);
    if (this.#how === "move") renameSync(bytes(from), bytes(path));
    else this.#copy(from, path, status);
  }

  #hideBelow(path: ByteString): void {
    try {
      makeOpaque(path);
    } catch (error) {
      // It was taken away while it was to be copied.
      if (this.#how === "move" || !hasErrno(error, "ENOENT")) throw error;
    }
  }

  #copy(from: ByteString, path: ByteString, status: BigIntStats): void {
    try {
      if (status.isDirectory()) {
        makeDirectory(path, 0o700);
        mergeDirectories([from], path, this.#copier);
      } else this.#copier.copy(from, path, status);
    } catch (error) {
      // Whoever still works in the tree may take things away.
      if (!hasErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
    }
  }

  /** Makes a directory of the tree's in the upper one, and those that it is in. */
  #ensure(path: ByteString, known?: BigIntStats): void {
    if (this.#made.has(path)) return;
    // Before anything in it is moved: that changes its times.
    const status = known ?? this.#statusOf(path);
    this.#ensure(parentOf(path));
    makeDirectory(path, 0o700);
    this.#made.set(path, status);
  }

  #namesIn(directory: ByteString): ByteString[] {
    return readdirSync(bytes(this.#at(directory)), { encoding: "latin1" });
  }

  #statusOf(path: ByteString): BigIntStats {
    return lstatSync(bytes(this.#at(path)), { bigint: true });
  }

  #at(path: ByteString): ByteString {
    return path === "" ? this.#tree : `${this.#tree}/${path}`;
  }
}
