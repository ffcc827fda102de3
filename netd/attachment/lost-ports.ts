import type { AuditEvent } from "../audit/audit-event.ts";
import { messageOf } from "../errors.ts";
import type { AttachmentRecord } from "../journal/record.ts";
import { PortUnavailable } from "../ports/port-reservations.ts";
import type { PublishedPort } from "../ports/published-port.ts";
import { subjectOf } from "./audit-subject.ts";
import type { Machine } from "./executor.ts";

/** A port that somebody else has taken while netd was away; it is not published until that one has left it. */
export interface LostPort {
  readonly record: AttachmentRecord;
  readonly port: PublishedPort;
  /** Where it leads. */
  readonly containerAddresses: readonly string[];
  readonly reason: string;
}

export interface LostPortsOptions {
  readonly machine: Pick<Machine, "journal" | "ports" | "filter">;
  /** Runs it while nothing else is done to attachments of that network. */
  readonly inTurn: (record: AttachmentRecord, effects: () => Promise<void>) => Promise<void>;
  readonly happened: (event: AuditEvent) => void;
}

const retryMs = 2000;

/** The ports that were lost, and their publishing as soon as they are free. */
export class LostPorts implements Disposable {
  #lost: readonly LostPort[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly options: LostPortsOptions) {}

  /** Tells of them, and begins to wait for them. */
  take(lost: readonly LostPort[]): void {
    this.#lost = lost;
    for (const { record, reason } of lost)
      this.options.happened({
        event: "failure",
        ...subjectOf(record),
        reason: `not published any more: ${reason}; it is tried again until it is free`,
      });
    this.#waitForThem();
  }

  /** Those of attachments that there still are; a line each. */
  lines(): string[] {
    return this.#present().map(({ record, reason }) => `${reason} (attachment ${record.id})`);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #present(): LostPort[] {
    return this.#lost.filter((lost) => this.#isAttached(lost));
  }

  #isAttached({ record }: LostPort): boolean {
    return this.options.machine.journal.get(record.id)?.state === "attached";
  }

  #waitForThem(): void {
    this.#lost = this.#present();
    if (this.#lost.length === 0 || this.#closed) return;
    this.#timer = setTimeout(() => void this.#tryAll(), retryMs);
  }

  async #tryAll(): Promise<void> {
    for (const lost of this.#present()) {
      if (this.#closed || !(await this.#isPublished(lost))) continue;
      this.#lost = this.#lost.filter((other) => other !== lost);
      const { hostPort, protocol } = lost.port;
      const reason = `port ${hostPort}/${protocol} is free and published again`;
      this.options.happened({ event: "publish", ...subjectOf(lost.record), reason });
    }
    this.#waitForThem();
  }

  /** The reservation first, as in an attach: until the filter has it, nothing is sent where it leads (R11). */
  async #isPublished(lost: LostPort): Promise<boolean> {
    const { machine, inTurn, happened } = this.options;
    const { record, port, containerAddresses } = lost;
    let reservation: Disposable;
    try {
      reservation = machine.ports.reserveFurther(record.id, port, containerAddresses);
    } catch (error) {
      if (error instanceof PortUnavailable) return false;
      throw error;
    }
    try {
      await inTurn(record, async () => {
        if (!this.#isAttached(lost)) throw new Error("the attachment has ended");
        await machine.filter.publish(record.id, port);
      });
      return true;
    } catch (error) {
      reservation[Symbol.dispose]();
      if (this.#isAttached(lost))
        happened({
          event: "failure",
          ...subjectOf(record),
          reason: `not published again: ${messageOf(error)}`,
        });
      return false;
    }
  }
}
