import { setTimeout as delay } from "node:timers/promises";
import { type HostProcess, processesOf } from "../fixtures/processes.ts";
import type { TestHost } from "../fixtures/test-host.ts";
import type { SeededRandom } from "./random.ts";

/** Names of what cntnr's hidden commands are, which the killer tells apart. */
const ownKinds: Readonly<Record<string, string>> = {
  "oci-hook": "hook",
  "internal-exited": "exit command",
  "internal-health": "health supervisor",
  "internal-restart": "restart",
  "internal-layer": "layer worker",
  "internal-tree": "tree worker",
  "internal-copy": "copy worker",
  "internal-resolve": "resolver",
};

const namedKinds = ["conmon", "runc", "skopeo", "newuidmap", "newgidmap", "catatonit", "rm", "sync"];

/** What a process of a user's is for: the kinds that figures are about. */
function kindOf({ name, arguments: words }: HostProcess): string {
  if (namedKinds.includes(name)) return name;
  if (name.startsWith("runc:")) return "runc init";
  const own = words.map((word) => ownKinds[word]).find((kind) => kind !== undefined);
  if (name === "cntnr") return own ?? "command";
  return own === undefined ? "container process" : `shell before ${own}`;
}

/** Each kill is after a pause of at most this. */
const longestPauseMs = 60;

/** Kills processes of a host's users, one at a time, at random: first what kind of process, then which. */
export class Killer {
  readonly killsByKind = new Map<string, number>();
  #isStopped = false;
  readonly #ended: Promise<void>;

  constructor(
    private readonly host: TestHost,
    private readonly random: SeededRandom,
    /** How many processes may have been killed by now: a slow machine is to have no more than a fast one. */
    private readonly allowance: () => number,
  ) {
    this.#ended = this.#work();
  }

  get kills(): number {
    return [...this.killsByKind.values()].reduce((sum, count) => sum + count, 0);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#ended;
  }

  async #work(): Promise<void> {
    while (!this.#isStopped) {
      await delay(this.random.below(longestPauseMs));
      if (this.kills >= this.allowance()) continue;
      const byKind = Map.groupBy(userProcessesOf(this.host), kindOf);
      const kind = this.random.pick([...byKind.keys()].sort());
      const victim = this.random.pick(byKind.get(kind ?? "") ?? []);
      if (kind === undefined || !victim) continue;
      if (kill(victim.pid)) this.killsByKind.set(kind, (this.killsByKind.get(kind) ?? 0) + 1);
    }
  }
}

/** Not netd's, which are no user's, and not the shells and wrappers by which a test starts a user's command. */
export function userProcessesOf(host: TestHost): HostProcess[] {
  const others = ["setpriv", "nsenter", "cntnr-netd"];
  return processesOf(host).filter(
    ({ name, arguments: words }) =>
      !others.includes(name) && !words.some((word) => /^(?:cntnr|printf) /.test(word)),
  );
}

/** True when there was such a process. */
export function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended.
    return false;
  }
}
