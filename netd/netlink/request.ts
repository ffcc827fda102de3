import { setImmediate as immediately } from "node:timers/promises";
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
/** The kernel puts no more than this into one datagram of a dump (NLMSG_GOODSIZE and what callers may ask for). */
const datagramBytes = 1 << 16;
/** Where answers arrive, for all sockets: each is taken apart or copied before anything else is read. */
const datagram = Buffer.alloc(datagramBytes);

/** A request of one message, without what is put before its body. */
export interface Request {
  readonly type: number;
  readonly flags?: number;
  readonly body: readonly Buffer[];
}

/**
 * A netlink socket. The kernel answers within the call that asks it. To be kept where it is used often: closing one of
 * netfilter's waits for the end of everything that was deleted in tables (some 10 ms of RCU).
 */
export class KernelSocket implements Disposable {
  readonly #socket: FileDescriptor;
  #sequence = 0;

  constructor(netlinkProtocol: number) {
    this.#socket = openSocket(family.netlink, socketType.raw, netlinkProtocol);
  }

  /** The messages that answer. Throws SystemCallError with the kernel's errno, also for things that are not there. */
  ask({ type, flags = 0, body }: Request): Message[] {
    const isDump = (flags & dump) === dump;
    this.#send(type, flags | request | (isDump ? 0 : acknowledge), body);
    const answers: Message[] = [];
    while (true) {
      const { messages, isLast } = this.#receive(type);
      answers.push(...messages);
      if (isLast) return answers;
    }
  }

  /** The same for a long list: gives way to other work after each part of it. */
  async *list({ type, flags = 0, body }: Request): AsyncGenerator<Message> {
    this.#send(type, flags | request | dump, body);
    while (true) {
      const { messages, isLast } = this.#receive(type);
      yield* messages;
      if (isLast) return;
      await immediately();
    }
  }

  /**
   * Sends messages that the kernel takes as one; the first and the last only mark the ends. Throws SystemCallError with
   * the first errno that is no success; then nothing was done.
   */
  batch(messages: readonly { readonly type: number; readonly flags: number; readonly body: Buffer }[]): void {
    const first = this.#sequence + 1;
    const encoded = messages.map(({ type, flags, body }, at) => {
      const wanted = flags | request | (at === 0 || at === messages.length - 1 ? 0 : acknowledge);
      return encodeMessage({ type, flags: wanted, sequence: ++this.#sequence }, body);
    });
    const padded = encoded.flatMap((bytes) => [bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
    sendMessage(this.#socket, Buffer.concat(padded));
    for (let awaited = messages.length - 2; awaited > 0; ) {
      for (const { type, sequence, body } of parseMessages(receiveMessage(this.#socket, datagram))) {
        // What came before it are the rest of the answers to a batch that failed.
        if (type !== errorType || sequence < first) continue;
        if (body.readInt32LE(0) !== 0) throw new SystemCallError("netlink batch", -body.readInt32LE(0));
        awaited--;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }

  #send(type: number, flags: number, body: readonly Buffer[]): void {
    sendMessage(this.#socket, encodeMessage({ type, flags, sequence: ++this.#sequence }, ...body));
  }

  /** One datagram's part of the answer. */
  #receive(requestType: number): { messages: Message[]; isLast: boolean } {
    const messages: Message[] = [];
    for (const message of parseMessages(Buffer.from(receiveMessage(this.#socket, datagram)))) {
      if (message.sequence !== this.#sequence) continue;
      if (message.type === doneType) return { messages, isLast: true };
      if (message.type !== errorType) messages.push(message);
      else if (message.body.readInt32LE(0) === 0) return { messages, isLast: true };
      else throw new SystemCallError(`netlink request ${requestType}`, -message.body.readInt32LE(0));
    }
    return { messages, isLast: false };
  }
}

/** {@link KernelSocket.ask} on a socket of its own. */
export function askKernel(
  netlinkProtocol: number,
  { type, flags = 0 }: { type: number; flags?: number },
  ...body: readonly Buffer[]
): Message[] {
  using socket = new KernelSocket(netlinkProtocol);
  return socket.ask({ type, flags, body });
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
  while (true) {
    try {
      messages.push(...parseMessages(Buffer.from(receiveMessage(socket, datagram))));
    } catch (error) {
      if (error instanceof SystemCallError && error.errno === errno.EAGAIN) return messages;
      if (error instanceof SystemCallError && error.errno === errno.ENOBUFS) return undefined;
      throw error;
    }
  }
}
