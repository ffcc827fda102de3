import { setTimeout as delay } from "node:timers/promises";
import { Channel } from "../contract/channel.ts";
import { type Question, type WorkerMessage, type WorkerRefusal, workerLimits } from "../contract/messages.ts";
import type { AnswerOf, RequestOf, WorkerCallName } from "../contract/worker-calls.ts";
import { Refusal } from "../errors.ts";

/** The worker has not done what the front asked; `cause` has the reason, for the audit log. */
export class WorkerRefused extends Refusal {
  constructor({ code, text, reason }: WorkerRefusal) {
    super(code, text, { cause: new Error(reason) });
  }
}

/** What the worker tells by itself. */
export type Telling = Extract<WorkerMessage, { tell: string }>;

export interface WorkerClientEvents {
  readonly onTelling: (telling: Telling) => void;
  /** The worker is gone: nothing can be done any more. */
  readonly onEnd: (why: string) => void;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The front's end of the channel: asks the worker, and hears what it tells. */
export class WorkerClient {
  readonly #channel: Channel;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;

  constructor(
    fd: number,
    private readonly events: WorkerClientEvents,
  ) {
    this.#channel = new Channel(fd, workerLimits, {
      // Whoever speaks at the other end is root: its messages are what their types say.
      onMessage: (message) => this.#take(message as WorkerMessage),
      onEnd: (fault) => this.events.onEnd(fault ?? "it has ended"),
    });
  }

  /** Throws WorkerRefused. */
  ask<Name extends WorkerCallName>(name: Name, request: RequestOf<Name>): Promise<AnswerOf<Name>> {
    const question: Question<Name> = { call: ++this.#calls, ask: name, with: request };
    return new Promise((resolve, reject) => {
      this.#pending.set(question.call, { resolve: (value) => resolve(value as AnswerOf<Name>), reject });
      this.#channel.send(question);
    });
  }

  /**
   * Waits until no question is open and whoever asked has dealt with the answer, which may be another question; but not
   * for longer than the limit.
   */
  async settled(timeoutMs: number): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    let isQuiet = false;
    while (!isQuiet && performance.now() < endMs) {
      const calls = this.#calls;
      await delay(10);
      isQuiet = this.#pending.size === 0 && this.#calls === calls;
    }
  }

  #take(message: WorkerMessage): void {
    if ("tell" in message) {
      this.events.onTelling(message);
      return;
    }
    const pending = this.#pending.get(message.answer);
    this.#pending.delete(message.answer);
    if ("refusal" in message) pending?.reject(new WorkerRefused(message.refusal));
    else pending?.resolve(message.value);
  }
}
