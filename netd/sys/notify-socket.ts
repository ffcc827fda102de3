import { dlopen, ptr } from "bun:ffi";
import { check, FileDescriptor } from "./libc.ts";

const libc = dlopen("libc.so.6", {
  clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
  sendmsg: { args: ["i32", "ptr", "i32"], returns: "i64" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
}).symbols;

const unixFamily = 1;
/** SOCK_DGRAM, SOCK_CLOEXEC. */
const datagram = 2 | 0o2000000;
/** MSG_NOSIGNAL */
const noSignal = 0x4000;

/**
 * Sends one datagram to a unix socket, with descriptors where there are any (unix(7), SCM_RIGHTS).
 * @param address a path, or `@` and the name of an abstract socket
 * Throws SystemCallError.
 */
export function sendDatagram(address: string, text: string, descriptors: readonly number[] = []): void {
  using socket = new FileDescriptor(check("socket", libc.socket(unixFamily, datagram, 0)));
  const name = socketAddress(address);
  const payload = Buffer.from(text);
  // struct iovec
  const vector = structOf([BigInt(ptr(payload)), BigInt(payload.length)]);
  const control = rightsMessage(descriptors);
  // struct msghdr of a 64-bit machine: name, its length, vectors, their number, control, its length, flags.
  const message = structOf([
    BigInt(ptr(name)),
    BigInt(name.length),
    BigInt(ptr(vector)),
    1n,
    control.length === 0 ? 0n : BigInt(ptr(control)),
    BigInt(control.length),
    0n,
  ]);
  check("sendmsg", libc.sendmsg(socket.number, ptr(message), noSignal));
}

/** CLOCK_MONOTONIC in microseconds: the time since the boot, which `process.hrtime` of Bun is not. */
export function monotonicMicroseconds(): bigint {
  const monotonic = 1;
  const time = Buffer.alloc(16);
  check("clock_gettime", libc.clock_gettime(monotonic, ptr(time)));
  return time.readBigInt64LE(0) * 1_000_000n + time.readBigInt64LE(8) / 1000n;
}

/** struct sockaddr_un; an abstract name begins with a NUL and has no end but the length. */
function socketAddress(address: string): Buffer {
  const family = Buffer.alloc(2);
  family.writeUInt16LE(unixFamily);
  const path = address.startsWith("@") ? `\0${address.slice(1)}` : `${address}\0`;
  return Buffer.concat([family, Buffer.from(path)]);
}

/** struct cmsghdr with SCM_RIGHTS (cmsg(3)): length, level SOL_SOCKET, type, the descriptors, and padding. */
function rightsMessage(descriptors: readonly number[]): Buffer {
  if (descriptors.length === 0) return Buffer.alloc(0);
  const headerBytes = 16;
  const length = headerBytes + descriptors.length * 4;
  const message = Buffer.alloc(Math.ceil(length / 8) * 8);
  message.writeBigUInt64LE(BigInt(length), 0);
  message.writeInt32LE(1, 8);
  message.writeInt32LE(1, 12);
  descriptors.forEach((fd, index) => {
    message.writeInt32LE(fd, headerBytes + index * 4);
  });
  return message;
}

function structOf(words: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(words.length * 8);
  words.forEach((word, index) => {
    bytes.writeBigUInt64LE(word, index * 8);
  });
  return bytes;
}
