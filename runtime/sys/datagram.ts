import { dlopen, FFIType } from "bun:ffi";
import { closeSync } from "node:fs";
import { checkResult } from "./system-call.ts";

const unixFamily = 1; // AF_UNIX
const datagram = 2 | 0o2000000; // SOCK_DGRAM, SOCK_CLOEXEC
const noSignal = 0x4000; // MSG_NOSIGNAL

/**
 * Sends one datagram to a unix socket.
 * @param address a path, or `@` and the name of an abstract socket (unix(7))
 * Throws SystemCallError.
 */
export function sendDatagram(address: string, text: string): void {
  const { socket, sendto } = dlopen("libc.so.6", {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: FFIType.i64_fast },
  }).symbols;
  const name = address.startsWith("@") ? `\0${address.slice(1)}` : `${address}\0`;
  const target = Buffer.concat([Buffer.from([unixFamily, 0]), Buffer.from(name)]);
  const payload = Buffer.from(text);
  const fd = checkResult("socket", socket(unixFamily, datagram, 0));
  try {
    checkResult("sendto", Number(sendto(fd, payload, payload.length, noSignal, target, target.length)));
  } finally {
    closeSync(fd);
  }
}
