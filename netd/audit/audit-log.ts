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
  /** How long a log that was moved away is gone on with before it is begun anew; a rotation tells the service long before. */
  readonly movedGraceMs?: number;
}

/** How much of the log's end a power failure may take. */
const syncDelayMs = 1000;
const seriesMs = 60_000;
/** How soon it is noticed that somebody has taken the log away while there is nothing to write. */
const checkMs = 2000;
const usualMovedGraceMs = 10_000;

/**
 * The audit log: one chain of lines, over rotations and restarts. Lines are written whole, in order, before the answer
 * goes out; they survive the end of the process at once, and of the machine a second later.
 */
export class AuditLog implements Disposable {
  #headFile: HeadFile;
  readonly #noise = new NoiseLimit();
  #file: LogFile;
  #head: ChainHead;
  /** Statements about the log that have to come before the next line. */
  #owed: AuditEvent[] = [];
  #lost: { count: number; since: string; reason: string } | undefined;
  #fault: string | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #seriesTimer: NodeJS.Timeout | undefined;
  readonly #checkTimer = setInterval(() => this.check(), checkMs).unref();
  #movedSinceMs: number | undefined;

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
    const change = this.#file.change();
    if (change === undefined) this.#goOn();
    else this.#putRight(change);
  }

  /**
   * Looks at whether the log is still where it should be, and puts that right and states it, though there is nothing to write. A
   * fault is in {@link health} afterwards; it is gone when all is well again.
   */
  check(): void {
    try {
      if (this.#wasMovedAway())
        this.#putRight("the log was moved away, and the service was not told (by a reload)");
      else if (this.#headFile.isReplaced())
        this.#putRight("the file that remembers the end of the log was removed while it was in use");
      if (this.#prepare()) this.#syncTimer ??= setTimeout(() => this.#sync(), syncDelayMs).unref();
      this.#fault = undefined;
    } catch (error) {
      this.#fail(error);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#checkTimer);
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
    this.#prepare();
    this.#append(event);
    this.#fault = undefined;
    this.#syncTimer ??= setTimeout(() => this.#sync(), syncDelayMs).unref();
  }

  /** Makes sure that the file is ours as we left it, and states what has to come before the next line; true when it wrote. */
  #prepare(): boolean {
    const change = this.#file.change();
    if (change !== undefined) this.#putRight(change);
    const seq = this.#head.seq;
    for (const owed of this.#owed) {
      this.#append(owed);
      this.#owed = this.#owed.slice(1);
    }
    if (this.#lost) {
      const { count, since, reason } = this.#lost;
      this.#append({ event: "lost", count, since, until: new Date().toISOString(), reason });
      this.#lost = undefined;
    }
    return this.#head.seq !== seq;
  }

  /** Goes on with the files that there are; what had become of the old ones is stated once that has worked. */
  #putRight(reason: string): void {
    const owedBefore = this.#owed.length;
    if (this.#file.isReplaced() || this.#headFile.isReplaced()) this.#goOn();
    else this.#adopt(this.#head);
    this.#owed.splice(owedBefore, 0, { event: "repair", reason });
  }

  #goOn(): void {
    if (this.#file.isReplaced()) this.#reopenFile();
    if (this.#headFile.isReplaced()) this.#reopenHead();
  }

  #reopenFile(): void {
    const next = new LogFile(this.options.path);
    const old = this.#file;
    this.#file = next;
    this.#movedSinceMs = undefined;
    try {
      this.#adopt(this.#head);
    } finally {
      old[Symbol.dispose]();
    }
  }

  #reopenHead(): void {
    const next = new HeadFile(headPathOf(this.options.path));
    this.#headFile[Symbol.dispose]();
    this.#headFile = next;
    next.store(this.#head);
  }

  /** In a rotation the log has no name, or another's, for a moment, and its lines belong to the old file until the reload. */
  #wasMovedAway(): boolean {
    if (!this.#file.isReplaced() || this.#file.change() !== undefined) {
      this.#movedSinceMs = undefined;
      return false;
    }
    this.#movedSinceMs ??= performance.now();
    return performance.now() - this.#movedSinceMs >= (this.options.movedGraceMs ?? usualMovedGraceMs);
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
