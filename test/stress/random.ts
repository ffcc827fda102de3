/** Random choices that are the same for the same seed (mulberry32, a generator of 32 bits). */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0, inclusive, to 1, exclusive. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 to `end`, exclusive. */
  below(end: number): number {
    return Math.floor(this.fraction() * end);
  }

  isLucky(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of several; undefined of none. */
  pick<T>(choices: readonly T[]): T | undefined {
    return choices[this.below(choices.length)];
  }

  /** One of several, by their weights. */
  weighted<T extends { readonly weight: number }>(choices: readonly T[]): T | undefined {
    let rest = this.fraction() * choices.reduce((sum, { weight }) => sum + weight, 0);
    return choices.find(({ weight }) => {
      rest -= weight;
      return rest < 0;
    });
  }
}
