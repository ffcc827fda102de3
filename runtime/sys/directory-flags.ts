import { dlopen } from "bun:ffi";
import { closeSync, constants, openSync } from "node:fs";

// ioctl_iflags(2): the numbers of 64-bit Linux; the flag that `chattr +T` sets.
const getFlags = 0x80086601;
const setFlags = 0x40086602;
const topDirectory = 0x20000;

/**
 * Tells ext4 that the directories in this one have nothing to do with each other, so that it starts each in an
 * empty region of the disk. Else it puts them side by side, where every new file has to search past the inodes of
 * recently deleted ones: unpacking 12 000 files after removing as many took 9 s that way, and 0.4 s this way
 * (Linux 6.18; ext4 keeps inodes from being used again for five minutes). Other file systems do not know it.
 */
export function spreadSubdirectories(path: string): void {
  const { ioctl } = dlopen("libc.so.6", {
    ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  }).symbols;
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    // The kernel reads and writes an int, whatever the numbers say.
    const flags = new Uint32Array(2);
    if (ioctl(fd, getFlags, flags) < 0 || ((flags[0] ?? 0) & topDirectory) !== 0) return;
    flags[0] = (flags[0] ?? 0) | topDirectory;
    ioctl(fd, setFlags, flags);
  } finally {
    closeSync(fd);
  }
}
