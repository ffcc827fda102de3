import { closeSync, openSync } from "node:fs";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { changeOf, LineReader } from "../store/growing-file.ts";
import { readLife } from "./container-life.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";
import { isActive, readState } from "./container-state.ts";

/** A piece of a container's output, as conmon keeps it (the kubelet's format): `TIME stdout|stderr P|F TEXT`. */
export interface LogEntry {
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  /** Without the end of the line. */
  readonly text: Uint8Array;
  /** A line was longer than conmon's buffer, or not ended: the next entry of the stream goes on with it. */
  readonly isPartial: boolean;
}

const space = 0x20;

/** Pure: one line of the log file; undefined for what is none (cut off by a crash). */
export function parseLogLine(line: Uint8Array): LogEntry | undefined {
  const first = line.indexOf(space);
  const second = line.indexOf(space, first + 1);
  const third = line.indexOf(space, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const word = (from: number, to: number) => Buffer.from(line.subarray(from, to)).toString("latin1");
  const stream = word(first + 1, second);
  const tag = word(second + 1, third);
  if ((stream !== "stdout" && stream !== "stderr") || (tag !== "P" && tag !== "F")) return undefined;
  return { time: word(0, first), stream, text: line.subarray(third + 1), isPartial: tag === "P" };
}

export interface ReadLogOptions {
  readonly follow: boolean;
  /** Only entries that are not older; milliseconds since 1970. */
  readonly sinceMs?: number;
  /** Only entries that are older. */
  readonly untilMs?: number;
  /** Only the last lines. */
  readonly tail?: number;
  readonly signal?: AbortSignal;
}

/** The entries of a container's log, many at a time; with `follow` until the container has ended. */
export async function* readContainerLog(
  directories: Directories,
  record: ContainerRecord,
  options: ReadLogOptions,
): AsyncGenerator<readonly LogEntry[]> {
  const { log } = containerPaths(directories, record.id);
  const fd = openLog(directories, log, record);
  if (fd === undefined) return;
  try {
    const reader = new LineReader(fd);
    if (options.tail === undefined) yield* batchesOf(reader, options);
    else yield lastEntries(reader, options, options.tail);
    while (options.follow) {
      // The state first: what was printed before the end is in the file then.
      const isOver = !isActive(readState(directories, record));
      let hasMore = false;
      for (const entries of batchesOf(reader, options)) {
        hasMore = true;
        yield entries;
      }
      if (isOver || Date.now() > (options.untilMs ?? Number.POSITIVE_INFINITY)) return;
      if (!hasMore) await changeOf(log, options.signal);
      if (options.signal?.aborted) return;
    }
  } finally {
    closeSync(fd);
  }
}

function openLog(directories: Directories, path: string, record: ContainerRecord): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (!hasErrno(error, "ENOENT")) throw error;
    if (record.log.kind === "none")
      throw new CntnrError("unsupported", `container ${record.name} keeps no log (--log-driver none)`);
    const life = readLife(containerPaths(directories, record.id));
    if (life?.supervisor !== "cntnr") return undefined;
    throw new CntnrError(
      "unsupported",
      `container ${record.name} runs in the foreground and removes itself (--rm): no log is kept of what it prints`,
    );
  }
}

/** So many at a time that a large log does not have to be in memory. */
const batchEntries = 1024;

function* batchesOf(reader: LineReader, options: ReadLogOptions): Generator<readonly LogEntry[]> {
  let batch: LogEntry[] = [];
  for (const entry of entriesOf(reader, options)) {
    batch.push(entry);
    if (batch.length < batchEntries) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function lastEntries(reader: LineReader, options: ReadLogOptions, count: number): readonly LogEntry[] {
  let last: readonly LogEntry[] = [];
  for (const batch of batchesOf(reader, options)) last = lastLines([...last, ...batch], count);
  return last;
}

function* entriesOf(reader: LineReader, { sinceMs, untilMs }: ReadLogOptions): Generator<LogEntry> {
  const isBounded = sinceMs !== undefined || untilMs !== undefined;
  for (const line of reader.lines()) {
    const entry = parseLogLine(line);
    if (!entry) continue;
    const timeMs = isBounded ? Date.parse(entry.time) : 0;
    if (timeMs >= (sinceMs ?? 0) && timeMs <= (untilMs ?? Number.POSITIVE_INFINITY)) yield entry;
  }
}

/** Pure: the entries of the last `count` lines; a line may be several entries. */
export function lastLines(entries: readonly LogEntry[], count: number): readonly LogEntry[] {
  let lines = 0;
  let start = entries.length;
  while (start > 0) {
    const isEnd = entries[start - 1]?.isPartial === false || start === entries.length;
    if (isEnd && lines === count) break;
    if (isEnd) lines++;
    start--;
  }
  return entries.slice(start);
}
