import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Channel } from "../contract/channel.ts";
import { frontDescriptors, frontLimits, type WorkerMessage } from "../contract/messages.ts";
import { messageOf } from "../errors.ts";
import type { Account } from "../process/find-account.ts";
import { type FileDescriptor, isAlive, pidfdOpen, unixSocketPair } from "../sys/libc.ts";
import { Calls } from "./calls.ts";
import type { WorkerTable } from "./table.ts";

export interface FrontProcessOptions {
  /** How this program starts as a front: program and arguments. */
  readonly command: readonly string[];
  readonly account: Account;
  /** The socket on which the front is to accept users. */
  readonly listener: FileDescriptor;
  /** The socket on which the front is to accept the administrator. */
  readonly adminListener: FileDescriptor;
  /** What a new front has to be told first. */
  readonly beginning: () => readonly WorkerMessage[];
  readonly tableFor: (front: FileDescriptor) => WorkerTable;
  /** It ended, or was ended because of what it said; called once. */
  readonly onEnd: (why: string) => void;
}

/** setpriv(1); util-linux is an essential package. */
const setpriv = "/usr/bin/setpriv";

/** One front: a child with a user of its own and without any privilege, and the channel to it. */
export class FrontProcess {
  readonly #child: ChildProcess;
  readonly #pidfd: FileDescriptor;
  readonly #channel: Channel;
  readonly #ended = Promise.withResolvers<void>();
  #fault: string | undefined;

  constructor(private readonly options: FrontProcessOptions) {
    const [ours, theirs] = unixSocketPair();
    using _theirs = theirs;
    this.#child = start(options, theirs.number);
    this.#pidfd = pidfdOf(this.#child);
    this.#child.once("exit", (code, signal) => this.#exited(`ended with ${signal ?? code}`));
    const calls = new Calls(options.tableFor(this.#pidfd), (message) => this.tell(message));
    this.#channel = new Channel(ours.number, frontLimits, {
      onMessage: (message) => {
        try {
          calls.take(message);
        } catch (error) {
          this.#stop(messageOf(error));
        }
      },
      onEnd: (fault) => this.#stop(fault),
    });
    for (const message of options.beginning()) this.tell(message);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  tell(message: WorkerMessage): void {
    this.#channel.send(message);
  }

  /** Waits until it has ended; kills it after the time limit. */
  async ended(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), timeoutMs);
    await this.#ended.promise;
    clearTimeout(timer);
  }

  /** It says what no front of ours says, or nothing any more: it is ended, and that is told when it has. */
  #stop(fault: string | undefined): void {
    this.#fault ??= fault;
    this.#child.kill("SIGKILL");
  }

  #exited(how: string): void {
    this.#channel[Symbol.dispose]();
    this.#pidfd[Symbol.dispose]();
    this.#ended.resolve();
    this.options.onEnd(this.#fault === undefined ? how : `${how}: ${this.#fault}`);
  }
}

function start(options: FrontProcessOptions, channel: number): ChildProcess {
  const { command, account, listener, adminListener } = options;
  const identity = [`--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups"];
  const nothing = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"];
  const stdio: (number | "ignore" | "inherit")[] = ["ignore", "inherit", "inherit"];
  stdio[frontDescriptors.listener] = listener.number;
  stdio[frontDescriptors.channel] = channel;
  stdio[frontDescriptors.admin] = adminListener.number;
  return spawn(setpriv, [...identity, ...nothing, "--", ...command], {
    cwd: "/",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    // A session of its own: what a terminal sends to the worker's group is for the worker to pass on (F11).
    detached: true,
    stdio,
  });
}

/** A pidfd of our child. It was not waited for yet, so its number is its own; that it is our child is made sure of. */
function pidfdOf({ pid }: ChildProcess): FileDescriptor {
  if (pid === undefined) throw new Error(`cannot start ${setpriv} (Debian package: util-linux)`);
  const pidfd = pidfdOpen(pid);
  const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (Number(parent) === process.pid && isAlive(pidfd.number)) return pidfd;
  pidfd[Symbol.dispose]();
  throw new Error("the front ended at once");
}
