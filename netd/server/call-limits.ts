import { setTimeout as delay } from "node:timers/promises";
import type { ServerLimits } from "../contract/server-limits.ts";
import { Refusal } from "../errors.ts";
import { TokenBuckets } from "../fairness/token-bucket.ts";
import { fixedLimits } from "./limits.ts";

/** Slows calls down that come faster than their user's rate (Q5). */
export class CallLimits {
  readonly #calls: TokenBuckets;
  readonly #attaches: TokenBuckets;

  constructor({ calling, attaching }: ServerLimits) {
    this.#calls = new TokenBuckets(calling);
    this.#attaches = new TokenBuckets(attaching);
  }

  /** Returns when the call may be made. Throws Refusal when that would be too late, and the signal's reason. */
  async admit(uid: number, kind: "attach" | "other", signal: AbortSignal): Promise<void> {
    const bucket = (kind === "attach" ? this.#attaches : this.#calls).of(uid);
    const delayMs = bucket.borrow();
    if (delayMs > fixedLimits.longestDelayMs) {
      bucket.giveBack();
      const seconds = Math.ceil((delayMs - fixedLimits.longestDelayMs) / 1000);
      throw new Refusal("exhausted", `too many requests of yours: try again in ${seconds} s`);
    }
    if (delayMs > 0) await delay(delayMs, undefined, { signal });
  }
}
