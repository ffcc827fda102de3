/** How much of something is allowed: `burst` at once, and `perSecond` for good. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Counts what was used up of a rate. Starts full. */
export class TokenBucket {
  #tokens: number;
  #atMs: number;

  /** @param nowMs a clock that never goes back */
  constructor(
    private readonly rate: Rate,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.#tokens = rate.burst;
    this.#atMs = nowMs();
  }

  /** Takes that many if they are there. */
  take(count = 1): boolean {
    this.#refill();
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /**
   * Takes that many in any case, going into debt for what is not there.
   * @returns milliseconds until the debt is paid; 0 without one
   */
  borrow(count = 1): number {
    this.#refill();
    this.#tokens -= count;
    return this.debtMs;
  }

  /** Milliseconds until the debt is paid; 0 without one. */
  get debtMs(): number {
    this.#refill();
    return Math.max(0, (-this.#tokens / this.rate.perSecond) * 1000);
  }

  /** Puts back what was taken and not used. */
  giveBack(count = 1): void {
    this.#tokens = Math.min(this.rate.burst, this.#tokens + count);
  }

  /** A full bucket remembers nothing: it may be forgotten and made anew. */
  get isFull(): boolean {
    this.#refill();
    return this.#tokens >= this.rate.burst;
  }

  #refill(): void {
    const now = this.nowMs();
    const gained = ((now - this.#atMs) / 1000) * this.rate.perSecond;
    this.#tokens = Math.min(this.rate.burst, this.#tokens + gained);
    this.#atMs = now;
  }
}

/** One bucket a user, made when first asked for and forgotten when it is full again. */
export class TokenBuckets {
  readonly #buckets = new Map<number, TokenBucket>();
  /** Above this many, full ones are looked for and forgotten. */
  #sweepAbove = 64;

  constructor(
    private readonly rate: Rate,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  of(uid: number): TokenBucket {
    const known = this.#buckets.get(uid);
    if (known) return known;
    if (this.#buckets.size >= this.#sweepAbove) this.#sweep();
    const bucket = new TokenBucket(this.rate, this.nowMs);
    this.#buckets.set(uid, bucket);
    return bucket;
  }

  #sweep(): void {
    for (const [uid, bucket] of this.#buckets) if (bucket.isFull) this.#buckets.delete(uid);
    this.#sweepAbove = Math.max(64, this.#buckets.size * 2);
  }
}
