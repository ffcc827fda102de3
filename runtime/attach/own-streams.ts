import { read, write } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { AttachedStreams, OutputStream } from "./attach-streams.ts";

const chunkBytes = 32 * 1024;
const busyPauseMs = 5;

/** Whoever has read our output has gone: `cntnr run -t IMAGE COMMAND | head -1`. */
export class BrokenOutput extends Error {
  override readonly name = "BrokenOutput";

  constructor() {
    super("nobody reads our output any more");
  }
}

/** This process's own standard input, output and error; of what is printed only these streams. */
export function ownStreams(
  stdin: "pass" | "keep",
  outputs: readonly OutputStream[] = ["stdout", "stderr"],
): AttachedStreams {
  return {
    ...(stdin === "pass" ? { input: readAll(0) } : {}),
    write: async (stream, bytes) => {
      if (outputs.includes(stream)) await writeOwn(stream, bytes);
    },
  };
}

/** Throws BrokenOutput. */
export async function writeOwn(stream: OutputStream, bytes: Uint8Array): Promise<void> {
  try {
    await writeAll(stream === "stdout" ? 1 : 2, bytes);
  } catch (error) {
    if (hasErrno(error, "EPIPE", "EIO")) throw new BrokenOutput();
    throw error;
  }
}

/** With reads of its own in a thread: a terminal in the background then stops us, as it should (SIGTTIN). */
async function* readAll(fd: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = Buffer.alloc(chunkBytes);
    const length = await readSome(fd, chunk);
    if (length === 0) return;
    yield chunk.subarray(0, length);
  }
}

function readSome(fd: number, chunk: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, chunk, 0, chunk.length, null, (error, length) => {
      if (!error) resolve(length);
      // A terminal that is gone has ended.
      else if (hasErrno(error, "EIO")) resolve(0);
      else if (hasErrno(error, "EINTR")) resolve(readSome(fd, chunk));
      // Somebody who shares it has made it non-blocking.
      else if (hasErrno(error, "EAGAIN")) setTimeout(() => resolve(readSome(fd, chunk)), busyPauseMs);
      else reject(error);
    });
  });
}

/** Writes all of it, also to what somebody has made non-blocking. */
export async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += await writeSome(fd, bytes.subarray(done));
}

function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, null, (error, length) => {
      if (!error) resolve(length);
      else if (hasErrno(error, "EINTR")) resolve(0);
      else if (hasErrno(error, "EAGAIN")) setTimeout(() => resolve(0), busyPauseMs);
      else reject(error);
    });
  });
}
