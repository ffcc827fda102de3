import type { AttachmentEvents } from "../attachment/attachments.ts";
import type { AttachmentFacts } from "../contract/attachment.ts";
import { type FrontSettings, liveliness, type WorkerMessage } from "../contract/messages.ts";
import type { Account } from "../process/find-account.ts";
import type { FileDescriptor } from "../sys/libc.ts";
import { FrontProcess } from "./front-process.ts";
import type { WorkerTable } from "./table.ts";

export interface FrontsOptions {
  readonly command: readonly string[];
  readonly account: Account;
  readonly listener: FileDescriptor;
  readonly adminListener: FileDescriptor;
  readonly settings: FrontSettings;
  readonly log: (line: string) => void;
}

/** What a front is told of, and what it can ask for. */
export interface Served {
  readonly attachments: () => readonly AttachmentFacts[];
  readonly tableFor: (front: FileDescriptor, onReady: () => void) => WorkerTable;
}

/** A front that ends more often than this has a fault that starting it again does not mend. */
const mostRestarts = 5;
const restartWindowMs = 60_000;
/** What happens while there is no front waits for the next one, up to this many. */
const mostWaiting = 10_000;
const endTimeoutMs = 5000;

/** The front that there is now, and the next one when it dies: clients that connect meanwhile wait in the socket's queue. */
export class Fronts {
  #front: FrontProcess | undefined;
  /** Events for the audit log that no front has been told of. */
  #waiting: WorkerMessage[] = [];
  #restarts: number[] = [];
  #starts = 0;
  #heardAtMs = 0;
  readonly #watch = setInterval(() => this.#endHanging(), liveliness.everyMs);
  #isEnding = false;
  readonly #ready = Promise.withResolvers<void>();
  readonly #failed = Promise.withResolvers<never>();

  constructor(private readonly options: FrontsOptions) {
    this.#failed.promise.catch(() => undefined);
  }

  /** The front has said that it lives. */
  readonly alive = (): void => {
    this.#heardAtMs = performance.now();
  };

  /** How often a front was started. */
  get starts(): number {
    return this.#starts;
  }

  /** Rejects when a front cannot be kept alive. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Passes on what becomes of attachments. */
  readonly events: AttachmentEvents = {
    // A front that begins later is told of all attachments then.
    changed: (attachment) => this.#front?.tell({ tell: "attachment", attachment }),
    gone: (id) => this.#front?.tell({ tell: "gone", id }),
    happened: (event) => this.tell({ tell: "event", event }),
  };

  /** Starts the first front; returns when it serves. */
  async start(served: Served): Promise<void> {
    this.#begin(served);
    await Promise.race([this.#ready.promise, this.failed]);
  }

  /** Tells the front, or the next one when there is none. */
  tell(message: WorkerMessage): void {
    if (this.#front) this.#front.tell(message);
    else if (this.#waiting.length < mostWaiting) this.#waiting.push(message);
  }

  kill(): void {
    if (this.#front) process.kill(this.#front.pid, "SIGKILL");
  }

  /** Has the front finish the audit log and end. */
  async end(): Promise<void> {
    this.#isEnding = true;
    clearInterval(this.#watch);
    this.tell({ tell: "end" });
    await this.#front?.ended(endTimeoutMs);
  }

  #begin(served: Served): void {
    const { command, account, listener, adminListener, settings } = this.options;
    this.#starts++;
    this.alive();
    this.#front = new FrontProcess({
      command,
      account,
      listener,
      adminListener,
      tableFor: (front) => served.tableFor(front, () => this.#ready.resolve()),
      beginning: () => [
        ...served.attachments().map((attachment): WorkerMessage => ({ tell: "attachment", attachment })),
        { tell: "begin", settings },
        ...this.#waiting.splice(0),
      ],
      onEnd: (why) => this.#ended(why, served),
    });
  }

  /** One whose event loop is blocked serves nobody, and does not know it (Q10). */
  #endHanging(): void {
    if (!this.#front || performance.now() - this.#heardAtMs < liveliness.endedAfterMs) return;
    this.options.log("the front does not answer any more and is ended");
    this.kill();
    this.alive();
  }

  #ended(why: string, served: Served): void {
    this.#front = undefined;
    if (this.#isEnding) return;
    this.options.log(`the front ${why}; a new one is started`);
    this.#waiting.push({
      tell: "event",
      event: { event: "failure", reason: `the front ${why}; a new one was started` },
    });
    const now = performance.now();
    this.#restarts = [...this.#restarts.filter((at) => now - at < restartWindowMs), now];
    if (this.#restarts.length > mostRestarts)
      this.#failed.reject(new Error(`the front ended ${this.#restarts.length} times within a minute`));
    else this.#begin(served);
  }
}
