import { dlopen, FFIType, ptr } from "bun:ffi";
import { closeSync, constants, openSync } from "node:fs";
import { checkResult } from "./system-call.ts";

const openat2Number = 437;
const resolveInRoot = 0x10; // RESOLVE_IN_ROOT
const resolveNoMagicLinks = 0x02; // RESOLVE_NO_MAGICLINKS
const closeOnExec = 0o2000000; // O_CLOEXEC

/**
 * Opens a path as a process with that root directory would, whatever links there are on the way (openat2(2)): also links of
 * somebody who wants to lead us out of it. Read only. Throws SystemCallError.
 * @param flags beyond O_RDONLY
 */
export function openInRoot(root: string, path: string, flags = 0): number {
  const { syscall } = dlopen("libc.so.6", {
    syscall: { args: ["i64", "i64", "ptr", "ptr", "u64"], returns: FFIType.i64_fast },
  }).symbols;
  const directory = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const how = new BigUint64Array([
      BigInt(flags | closeOnExec),
      0n,
      BigInt(resolveInRoot | resolveNoMagicLinks),
    ]);
    const name = Buffer.from(`${path}\0`);
    return checkResult(
      "openat2",
      Number(syscall(openat2Number, directory, ptr(name), ptr(how), how.byteLength)),
    );
  } finally {
    closeSync(directory);
  }
}
