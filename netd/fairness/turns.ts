/** Bounds on how much is done at a time. */
export interface TurnLimits {
  /** Of all users together. */
  readonly atOnce: number;
  readonly atOncePerUid: number;
}

interface Waiting {
  readonly keys: readonly string[];
  readonly start: () => void;
}

/**
 * Runs what shares a key one after the other (R9): CNI plugins of one network must not meet in its bridge, nor those of
 * one namespace in it (CNI specification 1.1, section 3, "Lifecycle & Ordering"). Whose turn is next goes round among the
 * users: one that has a hundred things to do delays another by one of them, not by a hundred (Q5).
 */
export class Turns {
  /** Of each user, in the order of asking. */
  readonly #waiting = new Map<number, Waiting[]>();
  readonly #busyKeys = new Set<string>();
  readonly #running = new Map<number, number>();
  /** When a user's turn last began; only of users for whom something waits or runs. */
  readonly #servedAt = new Map<number, number>();
  #turns = 0;
  #runningCount = 0;
  /** What wants to run alone, or does: nothing else is started meanwhile. */
  #aloneCount = 0;
  #lastAlone: Promise<unknown> = Promise.resolve();
  #whenIdle: (() => void) | undefined;

  constructor(private readonly limits: TurnLimits) {}

  /** How much waits for its turn. */
  get waitingCount(): number {
    return this.#waiting.values().reduce((sum, queue) => sum + queue.length, 0);
  }

  /**
   * Runs `fn` when everything of this user's that came earlier with one of the keys is over, however it ended, and the
   * others have had their turns. An abort takes it out of the queue, and is too late once it runs.
   */
  async run<T>(
    uid: number,
    keys: string | readonly string[],
    fn: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const turn = { uid, keys: typeof keys === "string" ? [keys] : keys };
    await this.#wait(turn, signal);
    try {
      return await fn();
    } finally {
      this.#end(turn);
    }
  }

  /** Runs `fn` when all that runs is over, and while nothing else does. */
  runAlone<T>(fn: () => Promise<T>): Promise<T> {
    this.#aloneCount++;
    const done = this.#lastAlone.then(() => this.#idle()).then(fn);
    this.#lastAlone = done
      .catch(() => undefined)
      .then(() => {
        this.#aloneCount--;
        this.#startNext();
      });
    return done;
  }

  #idle(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenIdle = resolve;
    if (this.#runningCount === 0) resolve();
    return promise;
  }

  #wait({ uid, keys }: { uid: number; keys: readonly string[] }, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const queue = this.#waiting.get(uid) ?? [];
    const giveUp = () => {
      queue.splice(queue.indexOf(waiting), 1);
      if (queue.length === 0) this.#waiting.delete(uid);
      reject(signal?.reason);
      this.#startNext();
    };
    const waiting: Waiting = {
      keys,
      start: () => {
        signal?.removeEventListener("abort", giveUp);
        resolve();
      },
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    this.#waiting.set(uid, queue);
    queue.push(waiting);
    this.#startNext();
    return promise;
  }

  #end({ uid, keys }: { uid: number; keys: readonly string[] }): void {
    for (const key of keys) this.#busyKeys.delete(key);
    this.#runningCount--;
    const running = (this.#running.get(uid) ?? 1) - 1;
    if (running > 0) this.#running.set(uid, running);
    else this.#running.delete(uid);
    if (running === 0 && !this.#waiting.has(uid)) this.#servedAt.delete(uid);
    if (this.#runningCount === 0) this.#whenIdle?.();
    this.#startNext();
  }

  /** Starts what can be, beginning with the user whose last turn is the longest ago. */
  #startNext(): void {
    if (this.#aloneCount > 0) return;
    // What waits keeps its keys from whatever is behind it; so nothing with several keys waits for ever.
    const taken = new Set(this.#busyKeys);
    const users = [...this.#waiting.keys()].sort(
      (a, b) => (this.#servedAt.get(a) ?? -1) - (this.#servedAt.get(b) ?? -1),
    );
    for (const uid of users) this.#startNextOf(uid, taken);
  }

  #startNextOf(uid: number, taken: Set<string>): void {
    const queue = this.#waiting.get(uid) ?? [];
    for (const waiting of [...queue]) {
      const running = this.#running.get(uid) ?? 0;
      if (this.#runningCount >= this.limits.atOnce || running >= this.limits.atOncePerUid) return;
      const isFree = waiting.keys.every((key) => !taken.has(key));
      for (const key of waiting.keys) taken.add(key);
      if (!isFree) continue;
      queue.splice(queue.indexOf(waiting), 1);
      if (queue.length === 0) this.#waiting.delete(uid);
      for (const key of waiting.keys) this.#busyKeys.add(key);
      this.#running.set(uid, running + 1);
      this.#runningCount++;
      this.#servedAt.set(uid, this.#turns++);
      waiting.start();
    }
  }
}
