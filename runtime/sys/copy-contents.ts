import { dlopen, FFIType } from "bun:ffi";
import { ftruncateSync, readSync, writeSync } from "node:fs";
import { nextData } from "./file-calls.ts";
import { checkResult } from "./system-call.ts";

const libc = dlopen("libc.so.6", {
  copy_file_range: { args: ["i32", "ptr", "i32", "ptr", "u64", "u32"], returns: FFIType.i64_fast },
  ioctl: { args: ["i32", "u64", "i32"], returns: "i32" },
  lseek: { args: ["i32", "i64", "i32"], returns: FFIType.i64_fast },
}).symbols;

const clone = 0x40049409; // FICLONE
const seekHole = 4;
const mostBytes = 0x40000000;
const blockBytes = 1024 * 1024;

/** What file systems cannot do that cannot share data. */
let canShare = true;

/**
 * Copies a file's data into a new one: they share them where the file system can (ioctl_ficlone(2)), else the kernel copies, and holes
 * stay holes. Throws SystemCallError.
 */
export function copyContents(source: number, target: number, sizeBytes: number): void {
  if (sizeBytes === 0 || share(source, target)) return;
  for (let position = 0; position < sizeBytes; ) {
    const start = nextData(source, position);
    if (start === undefined) break;
    const end = checkResult("lseek", Number(libc.lseek(source, start, seekHole)));
    copyRange(source, target, start, end);
    position = end;
  }
  ftruncateSync(target, sizeBytes);
}

function share(source: number, target: number): boolean {
  if (!canShare) return false;
  if (libc.ioctl(target, clone, source) === 0) return true;
  // Whatever the reason is, copying will tell if it is one to stop.
  canShare = false;
  return false;
}

const from = new BigInt64Array(1);
const to = new BigInt64Array(1);

function copyRange(source: number, target: number, start: number, end: number): void {
  for (let position = start; position < end; ) {
    from[0] = to[0] = BigInt(position);
    const wanted = Math.min(end - position, mostBytes);
    const count = Number(libc.copy_file_range(source, from, target, to, wanted, 0));
    // Not for these file systems, or of one of the kernel's, which have no data that it could take. Whatever else the reason is, copying will tell.
    if (count <= 0) {
      copyByHand(source, target, position, end);
      return;
    }
    position += count;
  }
}

function copyByHand(source: number, target: number, start: number, end: number): void {
  const block = Buffer.allocUnsafe(Math.min(blockBytes, end - start));
  for (let position = start; position < end; ) {
    const count = readSync(source, block, 0, Math.min(block.length, end - position), position);
    if (count === 0) return;
    for (let written = 0; written < count; )
      written += writeSync(target, block, written, count - written, position + written);
    position += count;
  }
}
