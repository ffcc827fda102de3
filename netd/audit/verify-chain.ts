import { type ChainHead, genesis, hashOf, parseLine } from "./audit-line.ts";
import { type LogLine, linesOf } from "./log-files.ts";

/** A place in a file, and what is to be said about it. */
export interface Remark {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** What the verification of a chain found. */
export interface ChainReport {
  readonly lines: number;
  readonly first?: { readonly seq: number; readonly ts: string };
  readonly last?: { readonly seq: number; readonly ts: string };
  /** The first line that does not follow from the one before. */
  readonly broken?: Remark;
  /** What the log itself states about its own troubles. */
  readonly remarks: readonly Remark[];
}

/**
 * Follows the chain through the files, the oldest first, up to the first break.
 * @param head the remembered end of the chain; with it, lines taken from the end are missed as well
 * @param log where they are missed when there is no line at all
 */
export async function verifyChain(
  files: readonly string[],
  head?: ChainHead,
  log = files.at(-1) ?? "",
): Promise<ChainReport> {
  const walk = new ChainWalk(head);
  for (const file of files)
    for await (const line of linesOf(file)) {
      walk.step(line);
      if (walk.broken) return walk.report();
    }
  return walk.end(log);
}

class ChainWalk {
  broken: Remark | undefined;
  readonly #remarks: Remark[] = [];
  #lines = 0;
  #first: ChainReport["first"];
  #last: ChainReport["last"];
  #end: ChainHead | undefined;
  #next: Pick<Remark, "file" | "line"> | undefined;

  constructor(private readonly remembered: ChainHead | undefined) {}

  step({ file, number, text, isWhole }: LogLine): void {
    const remark = (what: string): Remark => ({ file, line: number, text: what });
    if (!isWhole) {
      this.#remarks.push(remark("half a line: the next start of cntnr-netd cuts it off"));
      return;
    }
    const line = parseLine(text);
    if (!line) {
      this.broken = remark("not a line of cntnr-netd's");
      return;
    }
    // Where the files begin in the middle, there is nothing to compare the first line with.
    const before = this.#end ?? (line.seq === 0 ? genesis : { seq: line.seq - 1, hash: line.prev });
    const hash = hashOf(Buffer.from(text, "latin1"));
    this.broken = remarkOf(breakBetween(before, line), remark);
    if (this.broken) return;
    if (this.remembered?.seq === line.seq && this.remembered.hash !== hash) {
      this.broken = remark("differs from the line that was written");
      return;
    }
    if (line.event === "repair" || line.event === "lost")
      this.#remarks.push(remark(`${line.event}: ${String(line.reason)}`));
    this.#lines++;
    this.#first ??= { seq: line.seq, ts: line.ts };
    this.#last = { seq: line.seq, ts: line.ts };
    this.#end = { seq: line.seq, hash };
    this.#next = { file, line: number + 1 };
  }

  end(log: string): ChainReport {
    const missing = (this.remembered?.seq ?? -1) - (this.#end?.seq ?? -1);
    if (missing > 0)
      this.broken = {
        ...(this.#next ?? { file: log, line: 1 }),
        text: `${counted(missing)} that ${missing === 1 ? "was written is" : "were written are"} missing at the end of the log`,
      };
    return this.report();
  }

  report(): ChainReport {
    return {
      lines: this.#lines,
      ...(this.#first ? { first: this.#first } : {}),
      ...(this.#last ? { last: this.#last } : {}),
      ...(this.broken ? { broken: this.broken } : {}),
      remarks: this.#remarks,
    };
  }
}

function breakBetween(before: ChainHead, line: { seq: number; prev: string }): string | undefined {
  const missing = line.seq - before.seq - 1;
  if (missing > 0) return `${counted(missing)} before it ${missing === 1 ? "is" : "are"} missing`;
  if (missing < 0) return `its number is ${line.seq}, after ${before.seq}: lines were moved or repeated`;
  return line.prev === before.hash ? undefined : "the line before it was changed after it had been written";
}

function counted(lines: number): string {
  return `${lines} ${lines === 1 ? "line" : "lines"}`;
}

function remarkOf(text: string | undefined, remark: (text: string) => Remark): Remark | undefined {
  return text === undefined ? undefined : remark(text);
}
