import { closeSync } from "node:fs";
import { openPipe } from "../sys/pipe.ts";

/** Looks at whether anything still comes, after the end of the container. */
const lookMs = 100;
const looksBeforeEnd = 3;

interface StreamReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/**
 * A pipe that a container prints into, and that we read. A pipe(2) as shells make it, and not the socket that Bun would: nobody could
 * open that by /dev/stdout.
 */
export class RelayedStream implements Disposable {
  /** For the container; closed by {@link closeOwnEnd}. */
  readonly writeEnd: number;
  /** Bun reads from a duplicate. */
  readonly #readEnd: number;
  readonly #reader: StreamReader;
  #isOwnEndOpen = true;
  #looks = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    const { readEnd, writeEnd } = openPipe();
    this.writeEnd = writeEnd;
    this.#readEnd = readEnd;
    this.#reader = Bun.file(readEnd).stream().getReader();
  }

  /** The container has its end: ours would keep the pipe from ending. */
  closeOwnEnd(): void {
    if (this.#isOwnEndOpen) closeSync(this.writeEnd);
    this.#isOwnEndOpen = false;
  }

  /** Gives each piece to `take`, one after the other, until the end. False from `take`: nobody wants more, so writing fails from now on. */
  async passTo(take: (bytes: Uint8Array) => Promise<boolean>): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        this.#looks = Number.NEGATIVE_INFINITY;
        if (done || !value || !(await take(value))) return;
        this.#looks = 0;
      }
    } finally {
      await this.#reader.cancel();
      closeSync(this.#readEnd);
    }
  }

  /** The container has ended: what is in the pipe is still passed on, but others who have it open are not waited for. */
  endSoon(): void {
    this.#timer = setInterval(() => {
      this.#looks++;
      if (this.#looks > looksBeforeEnd) void this.#reader.cancel();
    }, lookMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.closeOwnEnd();
  }
}
