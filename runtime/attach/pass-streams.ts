import type { ChildProcess } from "node:child_process";
import { CntnrError } from "../errors/cntnr-error.ts";
import { signalNumber, startFailure } from "../process/run-command.ts";
import type { AttachedStreams } from "./attach-streams.ts";

export interface PassOptions {
  readonly signal?: AbortSignal;
  /** Ends what the process has begun; `ended` is settled when it has ended itself, which it need not. */
  readonly end: (ended: Promise<unknown>) => Promise<void>;
}

/**
 * Passes input and output of a process on until it has ended. Returns its exit code, 128 + n after signal n. When something of the streams
 * fails, or `signal` is given, the process is ended, and that is thrown. Throws CntnrError when it could not be started.
 * @param child with pipes for standard output and error, and for standard input if there is an input
 * @param program its name, for the error
 */
export async function passStreams(
  child: ChildProcess,
  program: string,
  streams: AttachedStreams,
  { signal, end }: PassOptions,
): Promise<number> {
  const ended = endOf(child, program);
  const chunks = streams.input?.[Symbol.asyncIterator]();
  const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>();
  const onAbort = () => giveUp(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  // What cannot be read or typed any more is of no use to the command either.
  if (chunks) passInput(child, chunks).catch(giveUp);
  const output = Promise.all([
    ended,
    passOutput(child.stdout, (bytes) => streams.write("stdout", bytes)),
    passOutput(child.stderr, (bytes) => streams.write("stderr", bytes)),
  ]);
  try {
    const [exitCode] = await Promise.race([output, givenUp]);
    return exitCode;
  } catch (error) {
    output.catch(() => {
      // The first failure is told.
    });
    await end(ended);
    child.kill("SIGKILL");
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    // It may never answer.
    chunks?.return?.().catch(() => undefined);
  }
}

function endOf(child: ChildProcess, program: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once("error", (error) => reject(startFailure(program, error)));
  child.once("exit", (code, name) => resolve(code ?? 128 + signalNumber(name)));
  return promise;
}

async function passInput(child: ChildProcess, chunks: AsyncIterator<Uint8Array>): Promise<void> {
  const { stdin } = child;
  if (!stdin) throw new CntnrError("engine", "the command has no standard input");
  let isClosed = false;
  stdin.on("error", () => {
    // The command reads no more of it; its exit code tells.
    isClosed = true;
  });
  for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) {
    if (isClosed) return;
    await new Promise<void>((resolve) => stdin.write(chunk, () => resolve()));
  }
  stdin.end();
}

async function passOutput(
  stream: AsyncIterable<Uint8Array> | null,
  write: (bytes: Uint8Array) => Promise<void> | void,
): Promise<void> {
  for await (const bytes of stream ?? []) await write(bytes);
}
