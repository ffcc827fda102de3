import { type ChainHead, genesis, hashOf, parseLine } from "./audit-line.ts";

/** How a log file ends. */
export interface LogTail {
  /** The last whole line, without its newline; undefined when there is none. */
  readonly lastLine: Buffer | undefined;
  /** What follows it: half a line, or nothing. */
  readonly rest: Buffer;
}

/** What goes on from a log as it was found. */
export interface Resumption {
  readonly head: ChainHead;
  /** What is not as it should be; each becomes a line of its own. */
  readonly findings: readonly { readonly reason: string; readonly cut?: string }[];
}

const longestCut = 4096;

/**
 * Decides how the chain goes on.
 * @param remembered the head that was kept beside the log, or in memory; undefined when there is none
 */
export function resumeChain(tail: LogTail, remembered: ChainHead | undefined): Resumption {
  const { head, reason } = resumeFrom(tail.lastLine, remembered);
  const findings: { reason: string; cut?: string }[] = reason === undefined ? [] : [{ reason }];
  if (tail.rest.length > 0)
    findings.push({
      reason: `half a line of ${tail.rest.length} bytes was at the end of the log and is cut off`,
      cut: tail.rest.toString("latin1", 0, longestCut),
    });
  return { head, findings };
}

function resumeFrom(
  lastLine: Buffer | undefined,
  remembered: ChainHead | undefined,
): { head: ChainHead; reason?: string } {
  // A fresh file after a rotation goes on where the last one ended.
  if (lastLine === undefined) return { head: remembered ?? genesis };
  const last = parseLine(lastLine.toString("utf8"));
  const hash = hashOf(lastLine);
  if (last === undefined)
    return {
      head: { seq: remembered?.seq ?? genesis.seq, hash },
      reason: "the last line of the log is not one of cntnr-netd's",
    };
  const head = { seq: last.seq, hash };
  if (remembered === undefined)
    return { head, reason: "the file that remembers the end of the log was missing" };
  if (last.seq === remembered.seq && hash === remembered.hash) return { head };
  // Between the line and the remembering of it netd may be killed.
  if (last.seq === remembered.seq + 1 && last.prev === remembered.hash) return { head };
  return {
    head: { seq: Math.max(last.seq, remembered.seq), hash },
    reason:
      `the log ends with line ${last.seq}, and line ${remembered.seq} was the last one that was written: ` +
      "lines are missing or were changed by somebody else",
  };
}
