import { statSync } from "node:fs";
import { FileDescriptor, ioctl } from "./libc.ts";

/** NS_GET_PARENT (ioctl_ns(2)). */
const parentRequest = 0xb702;
/** The kernel makes no deeper ones (user_namespaces(7)). */
const deepest = 32;

/**
 * How far a user namespace is below the initial one; 0 for that itself. Container root makes user namespaces whose owner
 * is the same uid as the container's, and only the depth tells them apart (N6, P8). Throws SystemCallError.
 */
export function userNamespaceDepth(namespace: FileDescriptor): number {
  const initial = statSync("/proc/self/ns/user").ino;
  using stack = new DisposableStack();
  let current = namespace;
  for (let depth = 0; depth <= deepest; depth++) {
    if (statSync(current.path).ino === initial) return depth;
    current = stack.use(new FileDescriptor(ioctl(current.number, parentRequest)));
  }
  throw new Error("a user namespace that is deeper than the kernel makes them");
}
