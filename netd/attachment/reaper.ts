import type { Lease } from "../netns/lease.ts";
import { endedProcesses } from "../sys/libc.ts";

/** Watches the leases, one process an attachment, and tells which have ended (N10). */
export class Reaper implements Disposable {
  readonly #leases = new Map<string, Lease>();

  watch(id: string, lease: Lease): void {
    this.#leases.set(id, lease);
  }

  forget(id: string): void {
    this.#leases.get(id)?.[Symbol.dispose]();
    this.#leases.delete(id);
  }

  /** Ids whose process has ended. */
  expired(): string[] {
    const ended = new Set(endedProcesses([...this.#leases.values()].map((lease) => lease.pidfd.number)));
    return [...this.#leases].filter(([, lease]) => ended.has(lease.pidfd.number)).map(([id]) => id);
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#leases.keys()]) this.forget(id);
  }
}
