import { readlinkSync, statSync } from "node:fs";
import type { NetnsIdentity } from "../contract/attachment.ts";
import type { Peer } from "../peer/identify-peer.ts";
import {
  FileDescriptor,
  fileSystemMagic,
  ioctl,
  ioctlRead,
  pidfdGetFd,
  SystemCallError,
} from "../sys/libc.ts";
import { userNamespaceDepth } from "../sys/user-namespace.ts";

/** ioctl requests of namespace descriptors (ioctl_ns(2)). */
const request = {
  userNamespace: 0xb701,
  type: 0xb703,
  ownerUid: 0xb704,
  /** NS_GET_ID, _IOR(0xb7, 13, u64): a number that is never used twice, where the kernel has it. */
  id: 0x8008b70d,
} as const;
const nsfsMagic = 0x6e736673;
const cloneNewNet = 0x40000000;

/** A network namespace that was verified to belong to the peer. Owns a descriptor: dispose it. */
export interface VerifiedNetns extends Disposable, NetnsIdentity {
  /** User namespaces between the initial one and its owner: 1 for an ordinary container (N6). */
  readonly depth: number;
  readonly fd: FileDescriptor;
}

/** Why a descriptor was not accepted; for the audit log, never for the client (N3). */
export class NetnsRefused extends Error {
  override readonly name = "NetnsRefused";
}

/**
 * Fetches descriptor `number` of the peer and verifies that it is a network namespace which the peer owns: not the
 * host's, and owned by a user namespace that the peer's uid made. How deep that may be is for the policy to say (N6).
 * Throws NetnsRefused.
 */
export function takeNetns(peer: Peer, number: number): VerifiedNetns {
  const fd = fetchDescriptor(peer, number);
  try {
    requireUnpinnedNamespace(fd);
    const depth = requireOwnedBy(fd, peer.uid);
    const identity = identityOf(fd);
    // N5, said twice: the host's namespaces are owned by the initial user namespace, which was refused above.
    if (statSync("/proc/self/ns/net").ino === identity.inode) throw new NetnsRefused("the host's own (N5)");
    return { fd, depth, ...identity, [Symbol.dispose]: () => fd[Symbol.dispose]() };
  } catch (error) {
    fd[Symbol.dispose]();
    throw error instanceof SystemCallError ? new NetnsRefused(`not verifiable: ${error.message}`) : error;
  }
}

/** pidfd_getfd(2): a number, not a path, so nothing of the caller's choosing is ever opened by root (N2). */
export function fetchDescriptor(peer: Peer, number: number): FileDescriptor {
  try {
    return pidfdGetFd(peer.pidfd.number, number);
  } catch (error) {
    if (error instanceof SystemCallError) throw new NetnsRefused(`no such descriptor: ${error.message}`);
    throw error;
  }
}

/** The identity of an open network namespace. */
export function identityOf(fd: FileDescriptor): NetnsIdentity {
  const inode = statSync(fd.path).ino;
  try {
    return { inode, id: ioctlRead(fd.number, request.id, 8).readBigUInt64LE().toString() };
  } catch (error) {
    if (error instanceof SystemCallError) return { inode, id: "" };
    throw error;
  }
}

/** N4: the name first, which does no I/O on the object; then what it is. */
function requireUnpinnedNamespace(fd: FileDescriptor): void {
  if (!/^net:\[\d+\]$/.test(readlinkSync(fd.path))) throw new NetnsRefused("not a network namespace (N4)");
  requireNetworkNamespace(fd);
}

/** The file system, then its ioctl numbers, which are a device's on others (N4). The name of one that is pinned is the pin's. */
export function requireNetworkNamespace(fd: FileDescriptor): void {
  if (fileSystemMagic(fd.number) !== nsfsMagic) throw new NetnsRefused("not on nsfs (N4)");
  if (ioctl(fd.number, request.type) !== cloneNewNet) throw new NetnsRefused("not a network namespace (N4)");
}

/** Returns the depth of the owning user namespace. */
function requireOwnedBy(fd: FileDescriptor, uid: number): number {
  using owner = new FileDescriptor(ioctl(fd.number, request.userNamespace));
  const depth = userNamespaceDepth(owner);
  if (depth === 0) throw new NetnsRefused("owned by the host (N5)");
  const ownerUid = ioctlRead(owner.number, request.ownerUid, 4).readUInt32LE();
  if (ownerUid === 0 || ownerUid !== uid) throw new NetnsRefused(`owned by uid ${ownerUid} (N1)`);
  return depth;
}
