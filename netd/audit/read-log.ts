import { closeSync, fstatSync, readSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type ParsedLine, parseLine } from "./audit-line.ts";
import { linesOf, logAndRotations, openLog } from "./log-files.ts";

const pollMs = 200;

/** As much of an attachment's id as stands for it, as in `ls` and `inspect`. */
const leastPrefix = 4;

/**
 * Everything with that reference, or about that attachment, in the log and its rotations, oldest first.
 * @param id a reference, or an attachment's id or the beginning of one
 */
export async function linesAbout(log: string, id: string): Promise<ParsedLine[]> {
  const found: ParsedLine[] = [];
  const isBeginning = (attachment: unknown) =>
    id.length >= leastPrefix && typeof attachment === "string" && attachment.startsWith(id);
  // A reference leads to its attachment, and that to what was done with it later.
  const wanted = new Set([id]);
  for (const file of await logAndRotations(log))
    for await (const { text } of linesOf(file)) {
      if (![...wanted].some((word) => text.includes(word))) continue;
      const line = parseLine(text);
      const isWanted =
        line &&
        (wanted.has(String(line.ref)) || wanted.has(String(line.attachment)) || isBeginning(line.attachment));
      if (!isWanted) continue;
      found.push(line);
      if (typeof line.attachment === "string") wanted.add(line.attachment);
    }
  return found;
}

/** The last `count` lines of the log as it is now. */
export async function lastLines(log: string, count: number): Promise<string[]> {
  const last: string[] = [];
  if (count === 0) return last;
  for await (const { text, isWhole } of linesOf(log)) {
    if (!isWhole) break;
    if (last.length === count) last.shift();
    last.push(text);
  }
  return last;
}

/** Lines as they are written from now on, also after rotations, until the signal. */
export async function* followLog(log: string, signal: AbortSignal): AsyncGenerator<string> {
  let fd = openLog(log);
  let position = fstatSync(fd).size;
  let rest = "";
  const block = Buffer.alloc(65_536);
  try {
    while (!signal.aborted) {
      // Asked before reading: what the old file still gets before its successor is there is then read as well.
      const isReplaced = statSync(log, { throwIfNoEntry: false })?.ino !== fstatSync(fd).ino;
      for (let length = 1; length > 0; ) {
        length = readSync(fd, block, 0, block.length, position);
        position += length;
        const lines = (rest + block.toString("latin1", 0, length)).split("\n");
        rest = lines.pop() ?? "";
        yield* lines;
      }
      if (isReplaced && statSync(log, { throwIfNoEntry: false })) {
        closeSync(fd);
        fd = openLog(log);
        position = 0;
        continue;
      }
      await delay(pollMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    closeSync(fd);
  }
}
