/** What runc begins with when it says why it gave up. */
export const runtimeWords = { run: "runc run failed: ", exec: "exec failed: " };
const longestBytes = 64 * 1024;

/** Keeps back what may be the runtime's own words: it has the container's standard error, and says there that it could not start it. */
export class RuntimeWords {
  #kept = Buffer.alloc(0);
  #isOver = false;
  readonly #beginning: Buffer;

  constructor(doing: keyof typeof runtimeWords) {
    this.#beginning = Buffer.from(runtimeWords[doing]);
  }

  /** What of these bytes, and of those before, is certainly the container's. */
  keepBack(bytes: Uint8Array): Uint8Array {
    if (this.#isOver) return bytes;
    this.#kept = Buffer.concat([this.#kept, bytes]);
    const length = Math.min(this.#kept.length, this.#beginning.length);
    const isMaybe = this.#kept.subarray(0, length).equals(this.#beginning.subarray(0, length));
    return isMaybe && this.#kept.length <= longestBytes ? Buffer.alloc(0) : this.rest();
  }

  /** What was kept back. */
  rest(): Uint8Array {
    this.#isOver = true;
    const rest = this.#kept;
    this.#kept = Buffer.alloc(0);
    return rest;
  }
}
