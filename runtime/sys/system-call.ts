import { dlopen, read } from "bun:ffi";
import { constants } from "node:os";

/** Second names of numbers. Each number is to have one name, that of the man pages and of Node's own errors. */
const otherNames = new Set(["EWOULDBLOCK", "ENOTSUP", "EDEADLOCK"]);
const errnoNames = new Map(
  Object.entries(constants.errno)
    .filter(([name]) => !otherNames.has(name))
    .map(([name, number]) => [number, name]),
);

/** The name of an errno(3) number. */
export function errorName(errno: number): string {
  return errnoNames.get(errno) ?? `errno ${errno}`;
}

/** A system call that failed; `code` is the name of its errno(3), as in Node's own errors. */
export class SystemCallError extends Error {
  override readonly name = "SystemCallError";
  readonly code: string;

  constructor(
    readonly call: string,
    readonly errno: number,
  ) {
    const code = errorName(errno);
    super(`${call}: ${code}`);
    this.code = code;
  }
}

// Before the first call that may fail: opening a library is full of calls that fail.
const errnoLocation = dlopen("libc.so.6", { __errno_location: { args: [], returns: "ptr" } }).symbols
  .__errno_location;

/**
 * The errno(3) of this thread's last failed call. Nothing may be made in memory between the two: when the engine makes room it looks
 * at /proc, and in a root that has none, as a layer's, that leaves an errno of its own. So results of 64 bits are `i64_fast`, which
 * are no bigints.
 */
export function lastErrno(): number {
  const location = errnoLocation();
  return typeof location === "number" ? read.i32(location) : 0;
}

/** Passes a call's result on; throws SystemCallError when it is negative. */
export function checkResult(call: string, result: number): number {
  if (result < 0) throw new SystemCallError(call, lastErrno());
  return result;
}

/** More often in a row the engine does not come between. */
const mostQuestions = 5;

/**
 * The result of a call that changes nothing; undefined for one of the expected errors. It is asked again about any other before that is
 * believed: the engine may make room between a call and the look at its error, however near they are. Throws SystemCallError.
 */
export function query(
  call: string,
  ask: () => number | bigint,
  expected: readonly string[],
): number | undefined {
  for (let question = 1; ; question++) {
    const result = ask();
    if (result >= 0) return Number(result);
    const errno = lastErrno();
    if (expected.includes(errorName(errno))) return undefined;
    if (question === mostQuestions) throw new SystemCallError(call, errno);
  }
}
