import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type FileLock, type LockOptions, lockFile, tryLockFile } from "../sys/file-lock.ts";
import { randomBytes } from "../sys/random.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { removeTree } from "../userns/remove-tree.ts";
import type { Directories } from "./directories.ts";

/**
 * Everything half-made has a key, and stands in <tmp>/<key>.<random>/ for as long as somebody holds the lock
 * on <tmp>/<key>.lock. The lock goes with the process, so what has no holder is garbage.
 */
const kinds = ["blob", "build", "bundle", "file", "layer", "pull", "removed", "upper"] as const;
type Kind = (typeof kinds)[number];
const keyPattern = new RegExp(`^((?:${kinds.join("|")})-[A-Za-z0-9_-]+)\\.`);

/** The right to have temporary directories of one key. */
export class TemporaryKey implements Disposable {
  readonly #directories: Directories;
  readonly #lock: FileLock;

  constructor(
    directories: Directories,
    readonly key: string,
    lock: FileLock,
  ) {
    this.#directories = directories;
    this.#lock = lock;
  }

  /** For a child process that works in the directory: while it lives, nobody takes the directory for garbage. */
  get lockFd(): number {
    return this.#lock.fd;
  }

  /** The name of what it was taken for, if it is of this kind. */
  nameAs(kind: Kind): string | undefined {
    return this.key.startsWith(`${kind}-`) ? this.key.slice(kind.length + 1) : undefined;
  }

  /** A path of this key that nothing is at. Random, also for the sake of {@link spreadSubdirectories}. */
  newPath(): string {
    return join(this.#directories.tmp, `${this.key}.${randomName()}`);
  }

  makeDirectory(): string {
    const path = this.newPath();
    mkdirSync(path, { mode: 0o700 });
    return path;
  }

  /** A directory that is removed when it is disposed of. */
  openDirectory(mappings: IdMappings): AsyncDisposable & { readonly path: string } {
    const path = this.makeDirectory();
    return { path, [Symbol.asyncDispose]: () => removeTree(path, mappings) };
  }

  /** Removes what is there of this key: left over from a process that was killed, or not wanted any more. */
  async clear(mappings: IdMappings): Promise<void> {
    const { tmp } = this.#directories;
    for (const name of readdirSync(tmp))
      if (name.startsWith(`${this.key}.`) && name !== `${this.key}.lock`)
        await removeTree(join(tmp, name), mappings);
  }

  /** Gives the key back, lock file and all: who waits for it finds that, and makes a new one (tryLockFile). */
  [Symbol.dispose](): void {
    rmSync(lockPath(this.#directories, this.key), { force: true });
    this.#lock[Symbol.dispose]();
  }
}

/** Waits for the right to a key that others may want, too: `name` says what is being made. */
export async function takeKey(
  directories: Directories,
  kind: Kind,
  name: string,
  options?: LockOptions,
): Promise<TemporaryKey> {
  const key = `${kind}-${name}`;
  return new TemporaryKey(directories, key, await lockFile(lockPath(directories, key), "exclusive", options));
}

/** Whether somebody is making this. */
export function isBeingMade(directories: Directories, kind: Kind, name: string): boolean {
  const key = `${kind}-${name}`;
  const lock = tryLockFile(lockPath(directories, key), "exclusive");
  if (lock) new TemporaryKey(directories, key, lock)[Symbol.dispose]();
  return lock === undefined;
}

/** A key of one's own. */
export function newKey(directories: Directories, kind: Kind): Promise<TemporaryKey> {
  return takeKey(directories, kind, randomName());
}

/** Takes the keys of killed processes, one after the other. What somebody holds the lock of, and what is not of our making, stays. */
export function* abandonedKeys(directories: Directories): Generator<TemporaryKey> {
  const keys = readdirSync(directories.tmp).flatMap((name) => keyPattern.exec(name)?.[1] ?? []);
  for (const key of new Set(keys)) {
    const lock = tryLockFile(lockPath(directories, key), "exclusive");
    if (lock) yield new TemporaryKey(directories, key, lock);
  }
}

/**
 * Creates a file that is its own lock, to be renamed to where it belongs when it is whole. Held open, it is nobody's
 * garbage; left by a process that was killed, {@link abandonedKeys} takes it for a lock without a holder.
 */
export function openTemporaryFile(directories: Directories): { readonly path: string } & FileLock {
  for (;;) {
    const path = lockPath(directories, `file-${randomName()}`);
    const lock = tryLockFile(path, "exclusive");
    if (lock) return { path, fd: lock.fd, [Symbol.dispose]: () => lock[Symbol.dispose]() };
  }
}

function lockPath(directories: Directories, key: string): string {
  return join(directories.tmp, `${key}.lock`);
}

function randomName(): string {
  return Buffer.from(randomBytes(9)).toString("base64url");
}
