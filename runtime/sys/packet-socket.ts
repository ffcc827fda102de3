import { dlopen } from "bun:ffi";
import { closeSync, constants, openSync, read, write } from "node:fs";
import { basename, dirname } from "node:path";
import { hasErrno } from "../errors/cntnr-error.ts";
import { checkResult } from "./system-call.ts";

const unixFamily = 1; // AF_UNIX
const sequentialPackets = 5 | 0o2000000; // SOCK_SEQPACKET, SOCK_CLOEXEC
const shutdownWrite = 1; // SHUT_WR
const shutdownBoth = 2; // SHUT_RDWR

/** A connection that keeps the bounds of messages (unix(7), SOCK_SEQPACKET), which node:net does not speak. */
export class PacketSocket implements Disposable {
  readonly #fd: number;
  readonly #shutdown: (fd: number, how: number) => number;
  /** A read is in a thread: its descriptor must stay this socket's until that has ended. */
  #isReading = false;
  #isDisposed = false;

  private constructor(fd: number, shutdown: (fd: number, how: number) => number) {
    this.#fd = fd;
    this.#shutdown = shutdown;
  }

  /** Connects to the socket at `path`, which may be longer than an address has room for. Throws SystemCallError. */
  static connect(path: string): PacketSocket {
    const { socket, connect, shutdown } = dlopen("libc.so.6", {
      socket: { args: ["i32", "i32", "i32"], returns: "i32" },
      connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
      shutdown: { args: ["i32", "i32"], returns: "i32" },
    }).symbols;
    const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const fd = checkResult("socket", socket(unixFamily, sequentialPackets, 0));
      const result = new PacketSocket(fd, shutdown);
      try {
        const address = addressOf(`/proc/self/fd/${directory}/${basename(path)}`);
        checkResult("connect", connect(fd, address, address.length));
      } catch (error) {
        result[Symbol.dispose]();
        throw error;
      }
      return result;
    } finally {
      closeSync(directory);
    }
  }

  /** The next message, in `buffer` or in part; undefined at the end, and after this was disposed of. */
  receive(buffer: Uint8Array): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#isDisposed) return resolve(undefined);
      this.#isReading = true;
      read(this.#fd, buffer, 0, buffer.length, null, (error, length) => {
        this.#isReading = false;
        if (this.#isDisposed) closeSync(this.#fd);
        if (error && !hasErrno(error, "ECONNRESET")) reject(error);
        else resolve(error || length === 0 ? undefined : buffer.subarray(0, length));
      });
    });
  }

  /** Sends one message; false when the other side has gone. */
  send(message: Uint8Array): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#isDisposed) return resolve(false);
      write(this.#fd, message, 0, message.length, null, (error) => {
        if (error && !hasErrno(error, "EPIPE", "ECONNRESET", "EBADF")) reject(error);
        else resolve(!error);
      });
    });
  }

  /** Tells the other side that nothing more will come. */
  endSending(): void {
    this.#shutdown(this.#fd, shutdownWrite);
  }

  /** Nothing more is sent, and nothing more comes than what is here already. */
  endBoth(): void {
    this.#shutdown(this.#fd, shutdownBoth);
  }

  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    // Wakes a thread that reads.
    this.#shutdown(this.#fd, shutdownBoth);
    if (!this.#isReading) closeSync(this.#fd);
  }
}

/** Ends the connection, and with it the reading of what comes. */
export function leaveWhenAborted(socket: PacketSocket, signal: AbortSignal | undefined): Disposable {
  const leave = () => socket[Symbol.dispose]();
  if (signal?.aborted) leave();
  signal?.addEventListener("abort", leave, { once: true });
  return { [Symbol.dispose]: () => signal?.removeEventListener("abort", leave) };
}

/** struct sockaddr_un. */
function addressOf(path: string): Uint8Array {
  const name = Buffer.from(`${path}\0`);
  const address = Buffer.alloc(2 + name.length);
  address.writeUInt16LE(unixFamily);
  name.copy(address, 2);
  return address;
}
