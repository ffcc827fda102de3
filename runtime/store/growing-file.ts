import { readSync, watch } from "node:fs";

const newline = 0x0a;
/** Longest time between two looks at a file that is said not to have changed. */
const patienceMs = 250;

/** Complete lines of a file that grows. */
export class LineReader {
  #rest: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  readonly #chunk = Buffer.alloc(1 << 16);

  constructor(private readonly fd: number) {}

  /** Those that there are by now, without the end of the line. */
  *lines(): Generator<Uint8Array> {
    for (;;) {
      const length = readSync(this.fd, this.#chunk);
      if (length === 0) return;
      let data = Buffer.concat([this.#rest, this.#chunk.subarray(0, length)]);
      for (let end = data.indexOf(newline); end >= 0; end = data.indexOf(newline)) {
        yield data.subarray(0, end);
        data = data.subarray(end + 1);
      }
      this.#rest = data;
    }
  }
}

/** Resolves when the file changes, when the signal is given, and after a while in any case: some file systems tell of no changes. */
export function changeOf(path: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const watcher = watch(path, { persistent: true });
    const limit = setTimeout(finish, patienceMs);
    signal?.addEventListener("abort", finish, { once: true });
    function finish() {
      clearTimeout(limit);
      watcher.close();
      signal?.removeEventListener("abort", finish);
      resolve();
    }
    watcher.once("change", finish);
    watcher.once("error", finish);
  });
}
