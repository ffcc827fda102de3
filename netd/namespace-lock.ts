import { constants, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { FileDescriptor, tryLockExclusive } from "./sys/libc.ts";

/** Who holds a lock, as /proc tells. */
interface Holder {
  readonly pid: number;
  /** Its command line; undefined for a process that is none of root's own with the namespace open. */
  readonly command: string | undefined;
}

const ownNamespace = "/proc/self/ns/net";

/**
 * Takes the lock that makes one netd the only one in a network namespace, wherever its state is: two would put their own filter in
 * place of the other's for ever. Held until it is disposed or the process ends; children do not have it.
 *
 * Everybody can lock a namespace that he is in. A lock of somebody else's than root is reported and keeps nobody from starting.
 * Throws when another netd has it.
 */
export function takeNamespaceLock(log: (line: string) => void): Disposable {
  const namespace = new FileDescriptor(openSync(ownNamespace, constants.O_RDONLY));
  try {
    if (tryLockExclusive(namespace.number)) return namespace;
    const { dev, ino } = fstatSync(namespace.number);
    const pid = lockHolder(readFileSync("/proc/locks", "utf8"), dev, ino);
    const holder = pid === undefined ? undefined : holderOf(pid, ino);
    if (holder && holder.command === undefined)
      log(
        `process ${holder.pid}, which is no cntnr-netd, has locked this network namespace: that no other cntnr-netd serves it cannot be made sure`,
      );
    else
      throw new Error(
        `another cntnr-netd ${holder ? `(process ${holder.pid}: ${holder.command}) ` : ""}serves this network namespace: end it first`,
      );
    return namespace;
  } catch (error) {
    namespace[Symbol.dispose]();
    throw error;
  }
}

/** The process that has locked a file, in the text of /proc/locks (proc_locks(5)); undefined when it cannot be seen from here. */
export function lockHolder(locks: string, device: number, inode: number): number | undefined {
  // As the kernel splits a number of a device: 12 bits and 20 (MAJOR and MINOR of linux/kdev_t.h, as glibc encodes them).
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  const hex = (part: number) => part.toString(16).padStart(2, "0");
  const file = `${hex(major)}:${hex(minor)}:${inode}`;
  for (const line of locks.split("\n")) {
    const [, type, , , pid, place] = line.trim().split(/\s+/);
    if (type === "FLOCK" && place === file) return Number(pid);
  }
  return undefined;
}

/** A netd lives as long as its lock, is root in every respect (no program of root's that a user has started), and has it open. */
function holderOf(pid: number, inode: number): Holder {
  try {
    const isRoot = /^Uid:\s+0\s+0\s+0\s+0$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    const hasItOpen = readdirSync(`/proc/${pid}/fd`).some((fd) => isLink(`/proc/${pid}/fd/${fd}`, inode));
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, command: isRoot && hasItOpen ? command : undefined };
  } catch {
    // It has ended, and somebody who was its child has the lock.
    return { pid, command: undefined };
  }
}

function isLink(path: string, inode: number): boolean {
  try {
    return readlinkSync(path) === `net:[${inode}]`;
  } catch {
    return false;
  }
}
