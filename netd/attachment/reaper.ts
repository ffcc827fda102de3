import type { Lease } from "../netns/lease.ts";
import { endedProcesses } from "../sys/libc.ts";

/** How long after the end of a container its own hook may still ask for the detach. */
const graceMs = 1000;

/** Watches the leases, one process an attachment, and tells which have ended (N10). */
export class Reaper implements Disposable {
  readonly #leases = new Map<string, Lease>();
  readonly #endedAt = new Map<string, number>();

  constructor(private readonly now: () => number = Date.now) {}

  watch(id: string, lease: Lease): void {
    this.#leases.set(id, lease);
  }

  forget(id: string): void {
    this.#leases.get(id)?.[Symbol.dispose]();
    this.#leases.delete(id);
    this.#endedAt.delete(id);
  }

  /** Ids whose process ended at least the grace time ago. */
  expired(): string[] {
    const ended = new Set(endedProcesses([...this.#leases.values()].map((lease) => lease.pidfd.number)));
    for (const [id, lease] of this.#leases)
      if (ended.has(lease.pidfd.number) && !this.#endedAt.has(id)) this.#endedAt.set(id, this.now());
    return [...this.#endedAt].filter(([, at]) => this.now() - at >= graceMs).map(([id]) => id);
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#leases.keys()]) this.forget(id);
  }
}
