import { closeSync, fstatSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { changeOf, LineReader } from "../store/growing-file.ts";

/*
 *     <data>/events.jsonl       one event a line, appended by whoever does something
 *     <data>/events.old.jsonl   those before, when the file had become large
 *
 * Nothing is locked and nothing flushed: a line is one write. What a crash has cut off is a line that nobody understands.
 */

const largestFileBytes = 4 << 20;

const eventSchema = v.object({
  /** Milliseconds since 1970, with a fraction. */
  timeMs: v.number(),
  type: v.picklist(["container", "image", "volume", "network"]),
  /** Docker's words: create, start, die, destroy, "health_status: healthy". */
  action: v.string(),
  /** Of the container or image; the name of a volume or network. */
  id: v.string(),
  /** Docker's: name, image, exitCode, signal, and the labels. */
  attributes: v.record(v.string(), v.string()),
});

/** Something that has happened. */
export type EngineEvent = Readonly<v.InferOutput<typeof eventSchema>>;

/** Notes that something has happened. */
export function recordEvent(directories: Directories, event: Omit<EngineEvent, "timeMs">): void {
  const timeMs = performance.timeOrigin + performance.now();
  try {
    append(logPath(directories), `\n${JSON.stringify({ timeMs, ...event })}\n`);
  } catch (error) {
    // It must not keep anybody from stopping or removing a container.
    if (!hasErrno(error, "ENOSPC", "EDQUOT", "EROFS", "ENOENT")) throw error;
  }
}

/** Gives up what is noted, for the room that it takes. Who reads it goes on with what comes. */
export function clearEvents(directories: Directories): void {
  for (const path of [olderLog(logPath(directories)), logPath(directories)]) rmSync(path, { force: true });
}

/** Each line begins with an end of line: what a crash has cut off before it does not spoil it. */
function append(path: string, text: string): void {
  const fd = openSync(path, "a", 0o600);
  try {
    writeSync(fd, text);
    if (fstatSync(fd).size > largestFileBytes) renameSync(path, olderLog(path));
  } catch (error) {
    // Somebody else was faster.
    if (!hasErrno(error, "ENOENT")) throw error;
  } finally {
    closeSync(fd);
  }
}

function logPath({ data }: Directories): string {
  return join(data, "events.jsonl");
}

function olderLog(path: string): string {
  return path.replace(/\.jsonl$/, ".old.jsonl");
}

export interface ReadEventsOptions {
  /** Milliseconds since 1970; without it only what happens from now on. */
  readonly sinceMs?: number;
  /** When it is past, the iteration ends; without it, never. */
  readonly untilMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * What has happened and what happens, in its order, until `untilMs` or until the signal is given. Each event is told once, also when
 * the log begins anew in between.
 */
export function readEvents(
  directories: Directories,
  { sinceMs, untilMs = Number.POSITIVE_INFINITY, signal }: ReadEventsOptions = {},
): AsyncGenerator<EngineEvent> {
  const range = { sinceMs: sinceMs ?? Number.NEGATIVE_INFINITY, untilMs };
  // Not by the clock, which may have been set back since: what is there by now has happened before.
  if (sinceMs === undefined)
    return follow(directories, OpenLog.atItsEnd(logPath(directories)), range, signal);
  return withOlder(directories, range, signal);
}

interface TimeRange {
  readonly sinceMs: number;
  readonly untilMs: number;
}

function isWithin({ sinceMs, untilMs }: TimeRange): (event: EngineEvent) => boolean {
  return ({ timeMs }) => timeMs >= sinceMs && timeMs <= untilMs;
}

async function* withOlder(
  directories: Directories,
  range: TimeRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<EngineEvent> {
  const isWanted = isWithin(range);
  for (const event of readAll(olderLog(logPath(directories)))) if (isWanted(event)) yield event;
  yield* follow(directories, new OpenLog(logPath(directories)), range, signal);
}

/** What comes after the place that is reached in the log, which is disposed of. */
async function* follow(
  directories: Directories,
  start: OpenLog,
  range: TimeRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<EngineEvent> {
  const isWanted = isWithin(range);
  const { untilMs } = range;
  let log = start;
  try {
    for (;;) {
      const isLast = Date.now() > untilMs || signal?.aborted === true;
      for (const event of log.events()) if (isWanted(event)) yield event;
      if (isLast) return;
      if (log.isReplaced()) {
        for (const event of log.events()) if (isWanted(event)) yield event;
        log[Symbol.dispose]();
        log = new OpenLog(logPath(directories));
      } else await nextChange(logPath(directories), untilMs, signal);
    }
  } finally {
    log[Symbol.dispose]();
  }
}

async function nextChange(path: string, untilMs: number, signal: AbortSignal | undefined): Promise<void> {
  const leftMs = untilMs - Date.now();
  const limit = AbortSignal.timeout(Math.min(Math.max(leftMs, 0) + 1, 2 ** 31 - 1));
  await changeOf(path, signal ? AbortSignal.any([signal, limit]) : limit);
}

function* readAll(path: string): Generator<EngineEvent> {
  if (!statSync(path, { throwIfNoEntry: false })) return;
  using log = new OpenLog(path);
  yield* log.events();
}

class OpenLog implements Disposable {
  readonly #fd: number;
  readonly #reader: LineReader;

  constructor(private readonly path: string) {
    this.#fd = openSync(path, "a+", 0o600);
    this.#reader = new LineReader(this.#fd);
  }

  /** After all that is there by now. */
  static atItsEnd(path: string): OpenLog {
    const log = new OpenLog(path);
    for (const _ of log.#reader.lines());
    return log;
  }

  *events(): Generator<EngineEvent> {
    for (const line of this.#reader.lines()) {
      const event = parseEvent(Buffer.from(line).toString());
      if (event) yield event;
    }
  }

  isReplaced(): boolean {
    return statSync(this.path, { throwIfNoEntry: false })?.ino !== fstatSync(this.#fd).ino;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

function parseEvent(line: string): EngineEvent | undefined {
  if (line === "") return undefined;
  try {
    return v.parse(eventSchema, JSON.parse(line));
  } catch {
    // Cut off by a crash.
    return undefined;
  }
}
