import { dlopen, FFIType } from "bun:ffi";
import { checkResult } from "./system-call.ts";

const openat2Number = 437; // on all architectures
const safely = 0o400000 | 0o2000000; // O_NOFOLLOW O_CLOEXEC
const flagsFor = {
  status: 0o10000000 | safely, // O_PATH
  reading: 0o4000 | safely, // O_RDONLY O_NONBLOCK
};
const resolveBeneathWithoutLinks = 0x08n | 0x04n; // RESOLVE_BENEATH RESOLVE_NO_SYMLINKS
const howBytes = 24;

let syscall:
  | ((number: number, fd: number, path: Uint8Array, how: Uint8Array, size: number) => number | bigint)
  | undefined;

/**
 * A descriptor of what is at `path` below the directory `fd`, for looking at its status only, or also for what takes the right to
 * read it. Symbolic links are not followed, not even on the way (openat2(2), Linux 5.6). Throws SystemCallError.
 */
export function openBeneath(fd: number, path: Uint8Array, use: "status" | "reading" = "status"): number {
  syscall ??= dlopen("libc.so.6", {
    syscall: { args: ["i64", "i64", "ptr", "ptr", "u64"], returns: FFIType.i64_fast },
  }).symbols.syscall;
  const how = new BigUint64Array([BigInt(flagsFor[use]), 0n, resolveBeneathWithoutLinks]);
  const name = Buffer.concat([path.length === 0 ? Buffer.from(".") : path, Buffer.from("\0")]);
  return checkResult(
    "openat2",
    Number(syscall(openat2Number, fd, name, new Uint8Array(how.buffer), howBytes)),
  );
}
