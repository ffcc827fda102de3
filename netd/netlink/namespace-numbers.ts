import { constants, openSync, readdirSync, readlinkSync } from "node:fs";
import { FileDescriptor, ioctl } from "../sys/libc.ts";
import { listMounts } from "../sys/mounts.ts";
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

/**
 * Owners of the user namespaces between the initial one and the one that owns a network namespace: none for the host's own
 * kind; `nowhere` when no process is in it or holds it, and no mount of the host's keeps it. Looks at all processes: for rare
 * occasions.
 */
export function ownersOfNamespace(number: number): readonly number[] | "nowhere" {
  for (const open of networkNamespaces())
    try {
      using fd = open();
      if (numberOf(fd) !== number) continue;
      using owner = new FileDescriptor(ioctl(fd.number, userNamespaceRequest));
      return ownersOfUserNamespace(owner);
    } catch {
      // Ended meanwhile, or no namespace: it is not the one.
    }
  return "nowhere";
}

type Open = () => FileDescriptor;
/** Name as the kernel gives it (`net:[4026531840]`), and how it is opened. */
type Found = readonly [name: string | undefined, open: Open];

/** Each network namespace that is somewhere; the further ones take longer to be found. */
function* networkNamespaces(): Generator<Open> {
  const seen = new Set<string>();
  for (const find of [ofProcesses, ofMounts, ofDescriptors])
    for (const [name, open] of find()) {
      if (!isNetwork(name) || seen.has(name)) continue;
      seen.add(name);
      yield open;
    }
}

function* ofProcesses(): Generator<Found> {
  for (const pid of processes()) yield at(`/proc/${pid}/ns/net`);
}

/** As ip-netns(8), docker and others keep those that no process is in. */
function* ofMounts(): Generator<Found> {
  for (const { root, mountPoint } of listMounts())
    yield [root, () => new FileDescriptor(openSync(mountPoint, constants.O_RDONLY))];
}

/** Whoever has more open than that hides what is his. */
const mostDescriptors = 1 << 17;

function* ofDescriptors(): Generator<Found> {
  let count = 0;
  for (const pid of processes())
    for (const number of namesIn(`/proc/${pid}/fd`)) {
      if (++count > mostDescriptors) return;
      yield at(`/proc/${pid}/fd/${number}`);
    }
}

const processes = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));
const at = (path: string): Found => [nameOf(path), () => openLink(path)];
const isNetwork = (name: string | undefined): name is string => name?.startsWith("net:[") === true;

/** O_PATH of open(2): what is there is not opened by it, which a device or a fifo would notice (N2). */
const withoutOpening = 0o10000000;

/** What a process of a user's holds under a number may be something else by now. Throws for what is no network namespace. */
function openLink(path: string): FileDescriptor {
  using found = new FileDescriptor(openSync(path, withoutOpening));
  if (!isNetwork(nameOf(found.path))) throw new Error(`${path} is no network namespace`);
  return new FileDescriptor(openSync(found.path, constants.O_RDONLY));
}

function nameOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // Ended meanwhile.
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // Ended meanwhile.
  }
}
