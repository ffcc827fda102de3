import { type Rate, TokenBuckets } from "../fairness/token-bucket.ts";
import { newReference } from "./audit-event.ts";

/** Refusals of one user that were not written one by one. */
export interface NoiseSeries {
  /** All of them were told this reference, so that the admin finds the line that stands for them. */
  readonly ref: string;
  count: number;
  readonly since: string;
  until: string;
  /** The first few different reasons. */
  readonly reasons: Set<string>;
}

/** A person who tries things out never meets it; a loop fills no disk with it. */
const rate: Rate = { burst: 20, perSecond: 0.2 };
const reasonsKept = 4;

/** Bounds how many lines one user makes by being refused (Q9). */
export class NoiseLimit {
  readonly #buckets = new TokenBuckets(rate);
  readonly #series = new Map<number, NoiseSeries>();

  /** @returns undefined when it is to be written itself, else the reference of the series that it was added to */
  add(uid: number, reason: string): string | undefined {
    const now = new Date().toISOString();
    const series = this.#series.get(uid);
    if (series) {
      series.count++;
      series.until = now;
      if (series.reasons.size < reasonsKept) series.reasons.add(reason);
      return series.ref;
    }
    if (this.#buckets.of(uid).take()) return undefined;
    const ref = newReference();
    this.#series.set(uid, { ref, count: 1, since: now, until: now, reasons: new Set([reason]) });
    return ref;
  }

  get isEmpty(): boolean {
    return this.#series.size === 0;
  }

  /** Hands out all series and begins anew. */
  *drain(): Generator<readonly [uid: number, NoiseSeries]> {
    const series = [...this.#series];
    this.#series.clear();
    yield* series;
  }
}
