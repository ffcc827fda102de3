import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import type { OutputStream } from "../attach/attach-streams.ts";
import { BrokenOutput, writeOwn } from "../attach/own-streams.ts";
import { CntnrError, hasErrno, reasonOf } from "../errors/cntnr-error.ts";
import { logLines } from "./log-lines.ts";
import { RelayedStream } from "./relayed-stream.ts";
import { RuntimeWords, type runtimeWords } from "./runtime-words.ts";

export interface ForegroundOutputOptions {
  /** Streams that are passed on to our own. */
  readonly attached: readonly OutputStream[];
  /** File that keeps what is printed; without it nothing does. */
  readonly log?: LogPlace;
  /** What the runtime does, and may say that it could not. */
  readonly runtimeWords: keyof typeof runtimeWords;
}

interface LogPlace {
  readonly path: string;
  readonly maximumBytes: number;
  /** What the person at the terminal has to know. */
  readonly onRemark: (text: string) => void;
}

const streams = ["stdout", "stderr"] as const;
const wordFor = { stdout: "output", stderr: "error" };

/**
 * What a container prints in the foreground: through us, or on standard output, where no log keeps it, directly. What the runtime says
 * itself on standard error before the container runs is kept back: its log has it, too. Where both streams go to one place, they take one
 * way, in the runtime's order; the runtime itself (runc) reads two pipes, and may take what is said at once on both in another.
 */
export class ForegroundOutput implements Disposable {
  /** Standard output and error for the runtime, as `Bun.spawn` takes them. */
  readonly stdio: readonly (number | "inherit" | "ignore")[];
  readonly #relays = new Map<OutputStream, RelayedStream>();
  readonly #words: RuntimeWords;
  readonly #log: LogFile | undefined;
  #failure: CntnrError | undefined;

  constructor(private readonly options: ForegroundOutputOptions) {
    const { attached, log } = options;
    this.#words = new RuntimeWords(options.runtimeWords);
    this.#log = log === undefined ? undefined : new LogFile(log);
    this.stdio = log === undefined && goToOnePlace(attached) ? this.#relayBoth() : this.#relayEach();
  }

  #relayEach(): (number | "inherit" | "ignore")[] {
    const { attached, log } = this.options;
    return streams.map((stream) => {
      if (log === undefined && stream === "stdout") return attached.includes(stream) ? "inherit" : "ignore";
      return this.#relay(stream);
    });
  }

  /** Both as one: what takes two ways comes in another order than it was said. */
  #relayBoth(): number[] {
    const writeEnd = this.#relay("stderr");
    return [writeEnd, writeEnd];
  }

  #relay(stream: OutputStream): number {
    const relay = new RelayedStream();
    this.#relays.set(stream, relay);
    return relay.writeEnd;
  }

  /**
   * Passes all on. Called when the runtime has been started.
   * @param ended the end of the runtime
   * @param isFailure asked after the end: whether what was kept back are the runtime's own words
   */
  async pass(ended: Promise<unknown>, isFailure: () => Promise<boolean>): Promise<void> {
    const passing = [...this.#relays].map(([stream, relay]) => {
      relay.closeOwnEnd();
      return relay.passTo((bytes) => this.#take(stream, bytes));
    });
    await ended;
    for (const relay of this.#relays.values()) relay.endSoon();
    await Promise.all(passing);
    if (!(await isFailure())) await this.#put("stderr", this.#words.rest());
  }

  async #take(stream: OutputStream, bytes: Uint8Array): Promise<boolean> {
    const passed = stream === "stderr" ? this.#words.keepBack(bytes) : bytes;
    return this.#put(stream, passed);
  }

  async #put(stream: OutputStream, bytes: Uint8Array): Promise<boolean> {
    if (bytes.length === 0) return true;
    this.#log?.append(stream, bytes);
    if (!this.options.attached.includes(stream)) return true;
    try {
      await writeOwn(stream, bytes);
      return true;
    } catch (error) {
      // Nobody reads it any more: the container hears of it as if it wrote there itself.
      if (error instanceof BrokenOutput) return false;
      // A full disk: it ends by that as it would by itself, and is not left alone.
      this.#failure ??= new CntnrError("engine", `standard ${wordFor[stream]}: ${reasonOf(error)}`, {
        cause: error,
      });
      return false;
    }
  }

  /** Why not all that was printed could be passed on; undefined when it could, or nobody wanted it. */
  get failure(): CntnrError | undefined {
    return this.#failure;
  }

  [Symbol.dispose](): void {
    for (const relay of this.#relays.values()) relay[Symbol.dispose]();
    this.#log?.[Symbol.dispose]();
  }
}

/** Whether both streams are passed on, and to the same file: a terminal, or what a shell makes of `2>&1`. */
function goToOnePlace(attached: readonly OutputStream[]): boolean {
  if (!streams.every((stream) => attached.includes(stream))) return false;
  try {
    const [stdout, stderr] = [fstatSync(1), fstatSync(2)];
    return stdout.dev === stderr.dev && stdout.ino === stderr.ino;
  } catch (error) {
    // One is closed.
    if (hasErrno(error, "EBADF")) return false;
    throw error;
  }
}

/** What is longer than the log may be is in it with its end. */
function lastLines(lines: Uint8Array, maximumBytes: number): Uint8Array {
  if (lines.length <= maximumBytes) return lines;
  return lines.subarray(lines.indexOf(0x0a, lines.length - maximumBytes - 1) + 1);
}

class LogFile implements Disposable {
  readonly #fd: number;
  #isFull = false;
  #length: number;

  /** Throws CntnrError. */
  constructor(private readonly place: LogPlace) {
    const { path } = place;
    try {
      this.#fd = openSync(path, "a", 0o600);
      this.#length = fstatSync(this.#fd).size;
    } catch (error) {
      throw new CntnrError("engine", `the log ${path} cannot be made: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** A full disk keeps nobody from running. */
  append(stream: OutputStream, bytes: Uint8Array): void {
    if (this.#isFull) return;
    const lines = lastLines(logLines(Date.now(), stream, bytes), this.place.maximumBytes);
    try {
      // As conmon does it: what was before is gone.
      if (this.#length + lines.length > this.place.maximumBytes) {
        ftruncateSync(this.#fd);
        this.#length = 0;
      }
      this.#length += lines.length;
      for (let done = 0; done < lines.length; ) done += writeSync(this.#fd, lines, done);
    } catch (error) {
      if (!hasErrno(error, "ENOSPC", "EDQUOT", "EFBIG", "EIO")) throw error;
      this.#isFull = true;
      this.place.onRemark(`the log ${this.place.path} ends here: ${reasonOf(error)}`);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
