import { Histogram } from "./metric.ts";

const sampleMs = 500;

/** Measures how late timers are: the time for which something has kept everything else from running (Q10). */
export class LoopDelay implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #expectedMs = performance.now() + sampleMs;

  constructor(private readonly onSample: (delaySeconds: number) => void) {
    this.#timer = setInterval(() => this.#sample(), sampleMs);
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const nowMs = performance.now();
    this.onSample(Math.max(0, nowMs - this.#expectedMs) / 1000);
    this.#expectedMs = nowMs + sampleMs;
  }
}

export function loopDelayHistogram(): Histogram {
  const description = {
    name: "cntnr_netd_event_loop_delay_seconds",
    help: "How late a timer of the front was.",
  };
  return new Histogram(description, [0.001, 0.005, 0.02, 0.1, 0.5, 2]);
}
