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
    /** The user's, shared by all its connections. */
    bytes: TokenBucket,
  ) {
    super();
    socket.on("data", (chunk: Buffer) => {
      const delayMs = bytes.borrow(chunk.length);
      const isWanted = this.push(chunk);
      if (delayMs > 0) this.#pauseFor(delayMs);
      else if (!isWanted) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("close", () => this.destroy());
  }

  override _read(): void {
    if (this.#delay === undefined) this.socket.resume();
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

  #pauseFor(delayMs: number): void {
    this.socket.pause();
    this.#delay = setTimeout(() => {
      this.#delay = undefined;
      this.socket.resume();
    }, delayMs);
  }
}
