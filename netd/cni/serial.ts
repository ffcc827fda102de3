/**
 * Runs what shares a key one after the other, first come, first served (R9): CNI plugins of one network must not meet
 * in its bridge, nor those of one namespace in it (spec 1.1, section 3, "Lifecycle & Ordering").
 */
export class KeyedSerializer {
  /** The last one in the queue of each key; it never rejects. */
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Runs `fn` when everything that came earlier with one of the keys is over, however it ended.
   * Queueing for all keys at once and without waiting keeps several keys from ever blocking each other for good.
   */
  async run<T>(keys: string | readonly string[], fn: () => Promise<T>): Promise<T> {
    const all = typeof keys === "string" ? [keys] : keys;
    const { promise: over, resolve: finish } = Promise.withResolvers<void>();
    const earlier = all.flatMap((key) => this.#last.get(key) ?? []);
    for (const key of all) this.#last.set(key, over);
    await Promise.all(earlier);
    try {
      return await fn();
    } finally {
      for (const key of all) if (this.#last.get(key) === over) this.#last.delete(key);
      finish();
    }
  }
}
