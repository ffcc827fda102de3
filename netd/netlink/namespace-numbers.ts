import { constants, openSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { FileDescriptor, ioctl } from "../sys/libc.ts";
import { ownersOfUserNamespace } from "../sys/user-namespace.ts";
import { encodeAttribute, parseAttributes } from "./message.ts";
import { askKernel, protocol } from "./request.ts";

/** linux/net_namespace.h: the number by which links of this namespace tell of another one. */
const getNumber = 90;
const attribute = { number: 1, fd: 3 } as const;
/** struct rtgenmsg, padded. */
const headerBytes = 4;
/** NS_GET_USERNS (ioctl_ns(2)). */
const userNamespaceRequest = 0xb701;

/** The number that this namespace has for that one; undefined when it has none yet, or when it is gone. */
export function namespaceNumber(path: string): number | undefined {
  try {
    using fd = new FileDescriptor(openSync(path, constants.O_RDONLY));
    return numberOf(fd);
  } catch {
    return undefined; // Ended meanwhile, or no namespace: nothing is in it.
  }
}

function numberOf(fd: FileDescriptor): number | undefined {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(fd.number);
  const [answer] = askKernel(
    protocol.route,
    { type: getNumber },
    Buffer.alloc(headerBytes),
    encodeAttribute(attribute.fd, number),
  );
  const found =
    answer && parseAttributes(answer.body.subarray(headerBytes)).get(attribute.number)?.readInt32LE(0);
  return found === undefined || found < 0 ? undefined : found;
}

/** Where programs keep network namespaces that no process is in. */
const keptNamespaces = ["/run/netns", "/run/docker/netns"];

/**
 * Owners of the user namespaces between the initial one and the one that owns a network namespace: none for the host's own
 * kind; `nowhere` when no process is in it and no file names it. Looks at all processes: for rare occasions.
 */
export function ownersOfNamespace(number: number): readonly number[] | "nowhere" {
  for (const path of namespacePaths())
    try {
      using fd = new FileDescriptor(openSync(path, constants.O_RDONLY));
      if (numberOf(fd) !== number) continue;
      using owner = new FileDescriptor(ioctl(fd.number, userNamespaceRequest));
      return ownersOfUserNamespace(owner);
    } catch {
      // Ended meanwhile, or no namespace: it is not the one.
    }
  return "nowhere";
}

/** A path for each network namespace that is somewhere. */
function namespacePaths(): string[] {
  const ofProcesses = new Map<string, string>();
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const path = `/proc/${pid}/ns/net`;
    const name = nameOf(path);
    if (name !== undefined && !ofProcesses.has(name)) ofProcesses.set(name, path);
  }
  return [...ofProcesses.values(), ...keptNamespaces.flatMap(filesIn)];
}

function nameOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // Ended meanwhile.
  }
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch {
    return []; // There is none: nobody keeps any there.
  }
}
