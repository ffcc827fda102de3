import type { ConnectionName } from "../contract/worker-calls.ts";
import { getSocketOption } from "../sys/libc.ts";

const option = { peerCredentials: 17, cookie: 57 } as const;

/** Used by every accept of a flood; nothing waits between its filling and its reading. */
const answer = Buffer.alloc(12);

/** SO_COOKIE: a number that the kernel gives no other socket in this boot; decimal. */
export function cookieOf(socket: number): string {
  return getSocketOption(socket, option.cookie, 8, answer).readBigUInt64LE().toString();
}

/** What a connected socket says of itself without any privilege: whom to count it for, and its name for the worker. */
export function connectionIdentity(fd: number): {
  readonly uid: number;
  readonly connection: ConnectionName;
} {
  const credentials = getSocketOption(fd, option.peerCredentials, 12, answer);
  if (credentials.length !== 12) throw new Error("SO_PEERCRED gave no credentials");
  const uid = credentials.readUInt32LE(4);
  return { uid, connection: { fd, cookie: cookieOf(fd) } };
}
