import { errno, type FileDescriptor, SystemCallError } from "../sys/libc.ts";
import {
  bindSocket,
  family,
  intOption,
  openSocket,
  receiveMessage,
  sendMessage,
  setSocketOption,
  socketType,
} from "../sys/sockets.ts";
import { encodeMessage, type Message, parseMessages } from "./message.ts";

/** Families of netlink(7) that netd speaks. */
export const protocol = { route: 0, netfilter: 12 } as const;

/** struct nlmsghdr, nlmsg_flags. */
const request = 1;
const acknowledge = 4;
export const dump = 0x300;

const errorType = 2;
const doneType = 3;
const ownSequence = 1;
/** The kernel puts no more than this into one datagram of a dump (NLMSG_GOODSIZE and what callers may ask for). */
const datagramBytes = 1 << 16;

/**
 * Sends one request and returns the messages that answer it.
 * Throws SystemCallError with the kernel's errno, which it also gives for things that are not there.
 */
export function askKernel(
  netlinkProtocol: number,
  { type, flags = 0 }: { type: number; flags?: number },
  ...body: readonly Buffer[]
): Message[] {
  using socket = openSocket(family.netlink, socketType.raw, netlinkProtocol);
  const wanted = flags | request | ((flags & dump) === dump ? 0 : acknowledge);
  sendMessage(socket, encodeMessage({ type, flags: wanted, sequence: ownSequence }, ...body));
  const answers: Message[] = [];
  const buffer = Buffer.alloc(datagramBytes);
  while (true) {
    for (const message of parseMessages(Buffer.from(receiveMessage(socket, buffer)))) {
      if (message.sequence !== ownSequence) continue;
      if (message.type === doneType) return answers;
      if (message.type !== errorType) answers.push(message);
      else if (message.body.readInt32LE(0) === 0) return answers;
      else throw new SystemCallError(`netlink request ${type}`, -message.body.readInt32LE(0));
    }
  }
}

/**
 * Sends messages in one datagram, which the kernel takes as one. Those in between the first and the last are
 * acknowledged. Throws SystemCallError with the first errno that is no success.
 */
export function askBatch(
  netlinkProtocol: number,
  messages: readonly { readonly type: number; readonly flags: number; readonly body: Buffer }[],
): void {
  using socket = openSocket(family.netlink, socketType.raw, netlinkProtocol);
  const lastAt = messages.length - 1;
  const encoded = messages.map(({ type, flags, body }, at) => {
    const wanted = flags | request | (at === 0 || at === lastAt ? 0 : acknowledge);
    return encodeMessage({ type, flags: wanted, sequence: at + 1 }, body);
  });
  const padded = encoded.flatMap((bytes) => [bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  sendMessage(socket, Buffer.concat(padded));
  const buffer = Buffer.alloc(datagramBytes);
  for (let awaited = messages.length - 2; awaited > 0; ) {
    for (const { type, body } of parseMessages(receiveMessage(socket, buffer))) {
      if (type !== errorType) continue;
      if (body.readInt32LE(0) !== 0) throw new SystemCallError("netlink batch", -body.readInt32LE(0));
      awaited--;
    }
  }
}

const solSocket = 1;
const receiveBufferForce = 33;

/**
 * A socket that gets the notifications of a multicast group (1 to 32); up to `bufferBytes` of them wait to be read, and
 * when there are more the next read fails with ENOBUFS. Throws SystemCallError.
 */
export function subscribe(netlinkProtocol: number, group: number, bufferBytes: number): FileDescriptor {
  const socket = openSocket(family.netlink, socketType.raw, netlinkProtocol);
  try {
    setSocketOption(socket, solSocket, receiveBufferForce, intOption(bufferBytes));
    bindSocket(socket, netlinkAddress(group));
    return socket;
  } catch (error) {
    socket[Symbol.dispose]();
    throw error;
  }
}

/** struct sockaddr_nl. */
function netlinkAddress(group: number): Buffer {
  const address = Buffer.alloc(12);
  address.writeUInt16LE(family.netlink, 0);
  address.writeUInt32LE(1 << (group - 1), 8);
  return address;
}

/** Whether the error says that what was asked for is not there. */
export function isAbsent(error: unknown): boolean {
  return error instanceof SystemCallError && (error.errno === errno.ENODEV || error.errno === errno.ENOENT);
}

/** The notifications that wait, without waiting for more; undefined when some were lost. Throws SystemCallError. */
export function readNotifications(socket: FileDescriptor): Message[] | undefined {
  const messages: Message[] = [];
  const buffer = Buffer.alloc(datagramBytes);
  while (true) {
    try {
      messages.push(...parseMessages(Buffer.from(receiveMessage(socket, buffer))));
    } catch (error) {
      if (error instanceof SystemCallError && error.errno === errno.EAGAIN) return messages;
      if (error instanceof SystemCallError && error.errno === errno.ENOBUFS) return undefined;
      throw error;
    }
  }
}
