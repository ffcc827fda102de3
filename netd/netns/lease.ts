import { readFileSync, readlinkSync } from "node:fs";
import type { NetnsIdentity } from "../contract/attachment.ts";
import type { Peer } from "../peer/identify-peer.ts";
import { type FileDescriptor, isAlive, pidfdOpen, SystemCallError } from "../sys/libc.ts";
import { fetchDescriptor, NetnsRefused } from "./verify-netns.ts";

/** The process whose life is the attachment's (N10). Owns a pidfd: dispose it. */
export interface Lease extends Disposable {
  readonly pidfd: FileDescriptor;
  readonly pid: number;
}

/**
 * Fetches descriptor `number` of the peer: a pidfd of a process that lives in this very network namespace. A process
 * elsewhere is refused: the attachment would outlive the container.
 */
export function takeLease(peer: Peer, number: number, netns: NetnsIdentity): Lease {
  const pidfd = fetchDescriptor(peer, number);
  try {
    if (!/^anon_inode:\[pidfd\]$|^pidfd:\[\d+\]$/.test(readlinkSync(pidfd.path)))
      throw new NetnsRefused("lease is not a pidfd");
    return verified(pidfd, netns);
  } catch (error) {
    pidfd[Symbol.dispose]();
    throw error;
  }
}

/** The lease of a journaled attachment after a restart; undefined when that process is gone. */
export function reopenLease(pid: number, netns: NetnsIdentity): Lease | undefined {
  let pidfd: FileDescriptor | undefined;
  try {
    pidfd = pidfdOpen(pid);
    return verified(pidfd, netns);
  } catch (error) {
    pidfd?.[Symbol.dispose]();
    if (error instanceof NetnsRefused || error instanceof SystemCallError) return undefined;
    throw error;
  }
}

function verified(pidfd: FileDescriptor, netns: NetnsIdentity): Lease {
  const pid = processOf(pidfd);
  if (netnsInodeOf(pid) !== netns.inode) throw new NetnsRefused("lease is not a process of that namespace");
  // Alive now, so what was read from /proc/<pid> was this process and no later one with its number (N7).
  if (!isAlive(pidfd.number)) throw new NetnsRefused("the process of the lease has ended");
  return { pidfd, pid, [Symbol.dispose]: () => pidfd[Symbol.dispose]() };
}

function processOf(pidfd: FileDescriptor): number {
  const pid = /^Pid:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${pidfd.number}`, "utf8"))?.[1];
  if (pid === undefined) throw new NetnsRefused("the process of the lease has ended");
  return Number(pid);
}

function netnsInodeOf(pid: number): number | undefined {
  try {
    const inode = /^net:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[1];
    return inode === undefined ? undefined : Number(inode);
  } catch {
    return undefined; // Ended meanwhile: the caller's comparison refuses it.
  }
}
