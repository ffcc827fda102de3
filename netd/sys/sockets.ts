import { dlopen, ptr } from "bun:ffi";
import { check, FileDescriptor } from "./libc.ts";

const libc = dlopen("libc.so.6", {
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
}).symbols;

/** Address families and socket types of socket(2). */
export const family = { inet: 2, inet6: 10, netlink: 16, packet: 17 } as const;
export const socketType = { stream: 1, datagram: 2, raw: 3 } as const;

const closeOnExec = 0o2000000;
const nonBlocking = 0o4000;

/** socket(2), close-on-exec and non-blocking. Throws SystemCallError. */
export function openSocket(domain: number, type: number, protocol: number): FileDescriptor {
  const number = libc.socket(domain, type | closeOnExec | nonBlocking, protocol);
  return new FileDescriptor(check("socket", number));
}

/** bind(2) to a `struct sockaddr` as bytes. Throws SystemCallError. */
export function bindSocket(socket: FileDescriptor, address: Buffer): void {
  check("bind", libc.bind(socket.number, ptr(address), address.length));
}

/** setsockopt(2). Throws SystemCallError. */
export function setSocketOption(socket: FileDescriptor, level: number, option: number, value: Buffer): void {
  check("setsockopt", libc.setsockopt(socket.number, level, option, ptr(value), value.length));
}

/** An `int`, as most socket options take it. */
export function intOption(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

/** send(2) of one whole message. Throws SystemCallError. */
export function sendMessage(socket: FileDescriptor, message: Buffer): void {
  check("send", libc.send(socket.number, ptr(message), message.length, 0));
}

/** recv(2) of one message into `buffer`, of which the used part is returned. Throws SystemCallError, EAGAIN included. */
export function receiveMessage(socket: FileDescriptor, buffer: Buffer): Buffer {
  return buffer.subarray(0, check("recv", libc.recv(socket.number, ptr(buffer), buffer.length, 0)));
}
