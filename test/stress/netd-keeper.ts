import { setTimeout as delay } from "node:timers/promises";
import { childrenOf, frontOf } from "../fixtures/processes.ts";
import type { RunningCommand } from "../fixtures/running-command.ts";
import type { TestHost } from "../fixtures/test-host.ts";
import { waitFor } from "../fixtures/wait-for.ts";
import { kill } from "./killer.ts";
import type { SeededRandom } from "./random.ts";

/** Between one kill and the next. */
const pauseMs = { shortest: 1500, longest: 5000 };

/**
 * What a service manager is to netd: starts it, and starts it again when it has ended. Meanwhile its processes are killed, one at a time, at
 * random: the half with root, the half that talks to users, and plugins.
 */
export class NetdKeeper {
  readonly killsByKind = new Map<string, number>();
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;

  constructor(
    private readonly host: TestHost,
    private readonly policy: string,
    private netd: RunningCommand,
    private readonly random: SeededRandom,
  ) {
    this.#ended = this.#work();
  }

  /** Kills no more; netd runs when this is done. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  async #work(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const pause = pauseMs.shortest + this.random.below(pauseMs.longest - pauseMs.shortest);
      await delay(pause, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      const { kind, pid } = this.#victim();
      if (pid === undefined || !kill(pid)) continue;
      this.killsByKind.set(kind, (this.killsByKind.get(kind) ?? 0) + 1);
      // The root half starts a front again itself.
      if (pid !== this.netd.pid) continue;
      await this.netd.exited;
      this.netd = await this.#startAgain();
    }
    // Its last front may still be starting.
    await waitFor(() => frontOf(this.netd.pid) > 0, { what: "netd's front" });
  }

  #victim(): { readonly kind: string; readonly pid: number | undefined } {
    const { pid } = this.netd;
    const kind = this.random.pick(["netd's root half", "netd's front", "netd's plugin"]) ?? "";
    if (kind === "netd's root half") return { kind, pid };
    const front = frontOf(pid);
    if (kind === "netd's front") return { kind, pid: front };
    return { kind, pid: childrenOf(pid).find((child) => child !== front) };
  }

  /** What is left of the old one may have to end first. */
  async #startAgain(): Promise<RunningCommand> {
    return waitFor(() => this.host.startNetd({ policy: this.policy }).catch(() => undefined), {
      what: "netd to start again",
    });
  }
}
