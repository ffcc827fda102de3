import { constants } from "node:os";

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Thrown when somebody has ended a command by a signal, and it has put away what it had begun. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** As shells have it. */
  readonly exitCode: number;

  constructor(signal: (typeof names)[number]) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** Makes an AbortSignal of the signals by which people end a command. The second one of a kind ends it at once. */
class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #listener = (name: NodeJS.Signals) => {
    const known = names.find((one) => one === name);
    if (known) this.#controller.abort(new Interrupted(known));
  };

  constructor() {
    for (const name of names) process.once(name, this.#listener);
  }

  /** Aborted by them, with {@link Interrupted} as its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on they do what they do by themselves. */
  [Symbol.dispose](): void {
    for (const name of names) process.removeListener(name, this.#listener);
  }
}

/**
 * Does work that takes long and puts away what it has begun when its signal is given. However it fails then, perhaps because the
 * processes that it has started were interrupted, too: {@link Interrupted} is thrown. After `release` they do what they do by themselves.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal, release: () => void) => Promise<T>,
): Promise<T> {
  using interruption = new Interruption();
  try {
    return await work(interruption.signal, () => interruption[Symbol.dispose]());
  } catch (error) {
    // A signal for our process group has been one for us.
    await new Promise((resolve) => setImmediate(resolve));
    interruption.signal.throwIfAborted();
    throw error;
  }
}
