import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { TokenBucket } from "../fairness/token-bucket.ts";

/**
 * A socket from which only so many bytes a second are taken; what is above that waits in the kernel, at the sender's
 * cost. Frames that are cheap to send and not to answer (HTTP/2 pings, resets, settings) thereby cannot be many.
 */
export class MeteredStream extends Duplex {
  #delay: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: Socket,
    /** The user's, shared by all its connections: one that is in debt reads on none of them. */
    private readonly bytes: TokenBucket,
  ) {
    super();
    socket.on("data", (chunk: Buffer) => {
      this.bytes.borrow(chunk.length);
      if (!this.push(chunk)) socket.pause();
      else if (this.bytes.debtMs > 0) this.#read();
    });
    socket.on("end", () => this.push(null));
    socket.on("close", () => this.destroy());
    this.#read();
  }

  override _read(): void {
    if (this.#delay === undefined) this.#read();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.socket.write(chunk, (error) => callback(error));
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.socket.end(() => callback());
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#delay);
    this.socket.destroy();
    callback(error);
  }

  /** Goes on reading once the debt is paid. */
  #read(): void {
    const { debtMs } = this.bytes;
    if (debtMs === 0) {
      this.#delay = undefined;
      this.socket.resume();
      return;
    }
    this.socket.pause();
    clearTimeout(this.#delay);
    this.#delay = setTimeout(() => this.#read(), debtMs);
  }
}
