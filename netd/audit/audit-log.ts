import { messageOf, Refusal } from "../errors.ts";
import { type AuditEvent, newReference } from "./audit-event.ts";
import { type ChainHead, formatLine, genesis } from "./audit-line.ts";
import { HeadFile, headPathOf } from "./head-file.ts";
import { LogFile } from "./log-file.ts";
import { NoiseLimit } from "./noise-limit.ts";
import { resumeChain } from "./resume.ts";

/** How the log does; for status and metrics. */
export interface AuditHealth {
  /** Why the last line could not be written; undefined while all is well. */
  readonly fault: string | undefined;
  /** Lines that could not be written and are not yet stated in the log. */
  readonly lostLines: number;
  /** Number of the last line. */
  readonly seq: number;
}

export interface AuditOptions {
  readonly path: string;
  readonly bootId: string;
  /** Told of every event, also of those that are not written one by one or cannot be written. */
  readonly onEvent?: (event: AuditEvent) => void;
  /** One line for the admin, elsewhere, when the log itself fails. */
  readonly log?: (line: string) => void;
}

/** How much of the log's end a power failure may take. */
const syncDelayMs = 1000;
const seriesMs = 60_000;

/**
 * The audit log: one chain of lines, over rotations and restarts. Lines are written whole, in order, before the answer
 * goes out; they survive the end of the process at once, and of the machine a second later.
 */
export class AuditLog implements Disposable {
  readonly #headFile: HeadFile;
  readonly #noise = new NoiseLimit();
  #file: LogFile;
  #head: ChainHead;
  /** Statements about the log that have to come before the next line. */
  #owed: AuditEvent[] = [];
  #lost: { count: number; since: string; reason: string } | undefined;
  #fault: string | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #seriesTimer: NodeJS.Timeout | undefined;

  /** Throws when the log cannot be opened; one that cannot be written yet is no error here (Q9). */
  constructor(private readonly options: AuditOptions) {
    this.#file = new LogFile(options.path);
    this.#headFile = new HeadFile(headPathOf(options.path));
    this.#head = genesis;
    this.#adopt(this.#headFile.load());
  }

  get health(): AuditHealth {
    return { fault: this.#fault, lostLines: this.#lost?.count ?? 0, seq: this.#head.seq };
  }

  /** Writes a line that something depends on. Throws Refusal when it cannot be: then nothing may be done (Q9). */
  commit(event: AuditEvent): void {
    this.options.onEvent?.(event);
    try {
      this.#write(event);
    } catch (error) {
      this.#lose(error);
      throw new Refusal("unavailable", "cntnr-netd cannot write its audit log: tell the administrator", {
        cause: error,
      });
    }
  }

  /** Writes a line about what happens in any case; one that cannot be written is counted, and stated later. */
  note(event: AuditEvent): void {
    this.options.onEvent?.(event);
    this.#noteLine(event);
  }

  /**
   * Notes what a user can cause as often as it pleases: refusals and questions. Above a rate of a person's, one line
   * stands for many (Q9). @returns the reference by which the admin finds the line
   */
  noteLimited(event: AuditEvent): string {
    this.options.onEvent?.(event);
    const series = this.#noise.add(event.subject?.uid ?? -1, event.reason ?? "");
    if (series !== undefined) {
      this.#seriesTimer ??= setTimeout(() => this.#writeSeries(), seriesMs).unref();
      return series;
    }
    const ref = event.ref ?? newReference();
    this.#noteLine({ ...event, ref });
    return ref;
  }

  /** Goes on in the file that has the log's name now: after a rotation. The old file stays in use when that fails. */
  reopen(): void {
    if (!this.#file.isReplaced()) return;
    const old = this.#file;
    this.#file = new LogFile(this.options.path);
    try {
      this.#adopt(this.#head);
    } finally {
      old[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#seriesTimer);
    clearTimeout(this.#syncTimer);
    this.#writeSeries();
    this.#file[Symbol.dispose]();
    this.#headFile[Symbol.dispose]();
  }

  #noteLine(event: AuditEvent): void {
    try {
      this.#write(event);
    } catch (error) {
      this.#lose(error);
    }
  }

  #lose(error: unknown): void {
    this.#fail(error);
    this.#lost ??= { count: 0, since: new Date().toISOString(), reason: messageOf(error) };
    this.#lost.count++;
  }

  #write(event: AuditEvent): void {
    const change = this.#file.change();
    if (change !== undefined) {
      this.#owed.push({ event: "repair", reason: change });
      if (this.#file.isReplaced()) this.reopen();
      else this.#adopt(this.#head);
    }
    for (const owed of this.#owed) {
      this.#append(owed);
      this.#owed = this.#owed.slice(1);
    }
    if (this.#lost) {
      const { count, since, reason } = this.#lost;
      this.#append({ event: "lost", count, since, until: new Date().toISOString(), reason });
      this.#lost = undefined;
    }
    this.#append(event);
    this.#fault = undefined;
    this.#syncTimer ??= setTimeout(() => this.#sync(), syncDelayMs).unref();
  }

  #append(event: AuditEvent): void {
    const stamp = { ts: new Date().toISOString(), boot: this.options.bootId };
    const { line, head } = formatLine(this.#head, event, stamp);
    this.#file.append(Buffer.from(line, "latin1"));
    this.#head = head;
    this.#headFile.store(head);
  }

  /** Takes the file over as it is, and finds out how the chain goes on in it. */
  #adopt(remembered: ChainHead | undefined): void {
    const tail = this.#file.adopt();
    const { head, findings } = resumeChain(tail, remembered);
    if (tail.rest.length > 0) this.#file.cut(tail.rest.length);
    this.#head = head;
    this.#owed.push(...findings.map((finding): AuditEvent => ({ event: "repair", ...finding })));
  }

  #writeSeries(): void {
    this.#seriesTimer = undefined;
    for (const [uid, { ref, count, since, until, reasons }] of this.#noise.drain())
      this.#noteLine({
        event: "suppressed",
        ref,
        ...(uid < 0 ? {} : { uid }),
        count,
        since,
        until,
        reason: [...reasons].join("; "),
      });
  }

  #sync(): void {
    this.#syncTimer = undefined;
    this.#file.syncSoon((error) => this.#fail(error));
  }

  #fail(error: unknown): void {
    const fault = messageOf(error);
    if (this.#fault !== fault) this.options.log?.(`audit log: cannot be written: ${fault}`);
    this.#fault = fault;
  }
}
