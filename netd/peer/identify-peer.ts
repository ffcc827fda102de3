import { constants, openSync, readlinkSync } from "node:fs";
import {
  errno,
  FileDescriptor,
  getSocketOption,
  ioctl,
  isAlive,
  pidfdOpen,
  SystemCallError,
  unixSocketPair,
} from "../sys/libc.ts";
import { userNamespaceDepth } from "../sys/user-namespace.ts";

/** The process that connected, as the kernel recorded it at connect(2). Owns a pidfd: dispose it. */
export interface Peer extends Disposable {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups of the process (SO_PEERGROUPS), the kernel's list and nobody else's. */
  readonly groups: readonly number[];
  /** For the audit log only (P1, P10). */
  readonly pid: number;
  readonly pidfd: FileDescriptor;
  /** User namespaces between the initial one and its own: 0 for an ordinary process (P8). */
  readonly depth: number;
  /** The program that it ran when it connected; undefined where this service may not know. For the audit log only. */
  readonly exe: string | undefined;
}

/** How this kernel names the peer's process; found out once, at the start (P9). */
export type PidfdSource = "socket" | "pid";

const option = { peerCredentials: 17, peerGroups: 59, peerPidfd: 77 } as const;
/** The kernel's id for "cannot be said in this namespace" (proc(5), overflowuid). */
const overflowId = 65534;
const noId = 0xffffffff;

/** Tells whether SO_PEERPIDFD (Linux 6.5) is there. Throws when the kernel answers anything unforeseen. */
export function probePidfdSource(): PidfdSource {
  const [left, right] = unixSocketPair();
  using _left = left;
  using _right = right;
  try {
    using _pidfd = new FileDescriptor(getSocketOption(left.number, option.peerPidfd, 4).readInt32LE());
    return "socket";
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === errno.ENOPROTOOPT) return "pid";
    throw error;
  }
}

/**
 * Identifies the peer of a connected unix socket. Call it before the first byte is read (P3).
 * Throws on any errno and for ids that no person has (P5).
 */
export function identifyPeer(socket: number, source: PidfdSource): Peer {
  const credentials = getSocketOption(socket, option.peerCredentials, 12);
  if (credentials.length !== 12) throw new Error("SO_PEERCRED gave no credentials");
  const pid = credentials.readInt32LE(0);
  const uid = credentials.readUInt32LE(4);
  const gid = credentials.readUInt32LE(8);
  if (uid === noId || uid === overflowId || gid === noId)
    throw new Error(`peer has no usable id (uid ${uid})`);
  if (pid <= 0) throw new Error("peer is of another pid namespace");
  const pidfd =
    source === "socket"
      ? new FileDescriptor(getSocketOption(socket, option.peerPidfd, 4).readInt32LE())
      : pidfdOpen(pid);
  try {
    return {
      uid,
      gid,
      pid,
      pidfd,
      depth: userNamespaceDepthOf(pidfd, pid),
      groups: readGroups(socket),
      exe: executableOf(pidfd, pid),
      [Symbol.dispose]: () => pidfd[Symbol.dispose](),
    };
  } catch (error) {
    pidfd[Symbol.dispose]();
    throw error;
  }
}

/** proc_pid_exe(5). The pidfd tells that the number was still the peer's when the name had been read. */
function executableOf(pidfd: FileDescriptor, pid: number): string | undefined {
  try {
    const exe = readlinkSync(`/proc/${pid}/exe`);
    return isAlive(pidfd.number) ? exe : undefined;
  } catch {
    return undefined; // Ended, or a kernel thread's, or not for this service to see: nothing depends on it.
  }
}

/** SO_PEERGROUPS: an array of gid_t; 65536 is the kernel's limit of groups (NGROUPS_MAX). */
function readGroups(socket: number): number[] {
  const bytes = getSocketOption(socket, option.peerGroups, 65536 * 4);
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32LE(index * 4));
}

/**
 * P8: root of a rootless container into which the socket was mounted has the uid of the container's owner; only the depth
 * of its user namespace tells it apart. PIDFD_GET_USER_NAMESPACE (Linux 6.11), else the link in /proc, which is the
 * peer's own as long as the pidfd says that the process lives after it was opened.
 */
function userNamespaceDepthOf(pidfd: FileDescriptor, pid: number): number {
  const pidfdGetUserNamespace = 0xff09;
  try {
    using namespace = new FileDescriptor(ioctl(pidfd.number, pidfdGetUserNamespace));
    return userNamespaceDepth(namespace);
  } catch (error) {
    const unsupported =
      error instanceof SystemCallError && (error.errno === errno.ENOTTY || error.errno === errno.EINVAL);
    if (!unsupported) throw error;
  }
  using namespace = new FileDescriptor(openSync(`/proc/${pid}/ns/user`, constants.O_RDONLY));
  if (!isAlive(pidfd.number)) throw new Error("peer ended while it was looked at");
  return userNamespaceDepth(namespace);
}
