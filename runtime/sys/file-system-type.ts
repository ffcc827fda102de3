import { dlopen } from "bun:ffi";
import { checkResult } from "./system-call.ts";

/** Larger than struct statfs. */
const statfsSizeBytes = 256;
/** statfs(2), f_type. */
const names: ReadonlyMap<bigint, string> = new Map([[0x9fa0n, "proc"]]);

/** The kind of file system that an open file is on; undefined for one that nobody here asks about. Throws SystemCallError. */
export function fileSystemType(fd: number): string | undefined {
  const { fstatfs } = dlopen("libc.so.6", { fstatfs: { args: ["i32", "ptr"], returns: "i32" } }).symbols;
  const status = new BigInt64Array(statfsSizeBytes / 8);
  checkResult("fstatfs", fstatfs(fd, status));
  return names.get(status[0] ?? 0n);
}
