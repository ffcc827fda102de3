import { statSync } from "node:fs";
import { FileDescriptor, ioctl, ioctlRead } from "./libc.ts";

/** NS_GET_PARENT (ioctl_ns(2)). */
const parentRequest = 0xb702;
/** NS_GET_OWNER_UID. */
const ownerRequest = 0xb704;
/** The kernel makes no deeper ones (user_namespaces(7)). */
const deepest = 32;

/**
 * How far a user namespace is below the initial one; 0 for that itself. Container root makes user namespaces whose owner
 * is the same uid as the container's, and only the depth tells them apart (N6, P8). Throws SystemCallError.
 */
export function userNamespaceDepth(namespace: FileDescriptor): number {
  return ownersOfUserNamespace(namespace).length;
}

/** The uids that made a user namespace and those above it, up to the initial one, which is not among them. Throws SystemCallError. */
export function ownersOfUserNamespace(namespace: FileDescriptor): number[] {
  const initial = statSync("/proc/self/ns/user").ino;
  using stack = new DisposableStack();
  const owners: number[] = [];
  for (let current = namespace; owners.length <= deepest; ) {
    if (statSync(current.path).ino === initial) return owners;
    owners.push(ioctlRead(current.number, ownerRequest, 4).readUInt32LE());
    current = stack.use(new FileDescriptor(ioctl(current.number, parentRequest)));
  }
  throw new Error("a user namespace that is deeper than the kernel makes them");
}
