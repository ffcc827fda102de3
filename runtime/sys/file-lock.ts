import { dlopen } from "bun:ffi";
import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import { CntnrError } from "../errors/cntnr-error.ts";
import { checkResult, SystemCallError } from "./system-call.ts";

export type LockMode = "exclusive" | "shared";

/** A lock on a file, held until it is disposed of (or the process and whoever inherited `fd` have ended). */
export interface FileLock extends Disposable {
  readonly fd: number;
}

export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds to wait for other holders; without it, for ever. */
  readonly timeoutMs?: number;
}

// flock(2)
const operation = { shared: 1, exclusive: 2, nonBlocking: 4 } as const;
const longestPauseMs = 50;

let flock: ((fd: number, operation: number) => number) | undefined;

/**
 * Takes a flock(2) on `path`, creating it if need be; undefined when somebody else holds it.
 *
 * flock and not a lock file: the kernel lets go when the holder is killed. A lock file may be unlinked by
 * its exclusive holder, so a lock that was got on an unlinked file is not one: try again on the new file.
 */
export function tryLockFile(path: string, mode: LockMode): FileLock | undefined {
  flock ??= dlopen("libc.so.6", { flock: { args: ["i32", "i32"], returns: "i32" } }).symbols.flock;
  for (;;) {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    try {
      checkResult("flock", flock(fd, operation[mode] | operation.nonBlocking));
    } catch (error) {
      closeSync(fd);
      if (error instanceof SystemCallError && error.code === "EAGAIN") return undefined;
      throw error;
    }
    const held = fstatSync(fd);
    const named = statSync(path, { throwIfNoEntry: false });
    if (named?.ino === held.ino && named.dev === held.dev) return holding(fd);
    closeSync(fd);
  }
}

/**
 * Waits for a flock(2) on `path`. It asks again and again rather than blocking in the kernel, because
 * several tasks of one process may want the same lock and the event loop has to go on for its holder.
 */
export async function lockFile(path: string, mode: LockMode, options: LockOptions = {}): Promise<FileLock> {
  const deadline = performance.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
  for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    options.signal?.throwIfAborted();
    const lock = tryLockFile(path, mode);
    if (lock) return lock;
    if (performance.now() > deadline)
      throw new CntnrError("timeout", `${path}: another process has held this lock for too long`);
    // Loaded when somebody has to wait.
    const { setTimeout: delay } = await import("node:timers/promises");
    await delay(pauseMs, undefined, options.signal ? { signal: options.signal } : {});
  }
}

function holding(fd: number): FileLock {
  let open = true;
  return {
    fd,
    [Symbol.dispose]() {
      if (!open) return;
      open = false;
      closeSync(fd);
    },
  };
}
