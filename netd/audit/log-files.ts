import {
  closeSync,
  constants,
  createReadStream,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { parseLine } from "./audit-line.ts";

/** One line as it is in a file. */
export interface LogLine {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  /** One character a byte: lines are ASCII, and what is not must keep its hash. */
  readonly text: string;
  /** False for a last line without its newline. */
  readonly isWhole: boolean;
}

/** An audit log that cannot be read; the message says what to do. */
export class UnreadableLog extends Error {
  override readonly name = "UnreadableLog";
}

/** No line of netd's is as long. */
const mostLineCharacters = 1 << 20;

/** All lines of one file, which may be compressed with gzip (NAME.gz). Throws when it cannot be read. */
export async function* linesOf(file: string): AsyncGenerator<LogLine> {
  let number = 0;
  let rest = "";
  for await (const chunk of chunksOf(file)) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) yield { file, number: ++number, text, isWhole: true };
    if (rest.length > mostLineCharacters)
      throw new UnreadableLog(`${file}:${number + 1}: is longer than any line of cntnr-netd's`);
  }
  if (rest !== "") yield { file, number: ++number, text: rest, isWhole: false };
}

async function* chunksOf(file: string): AsyncGenerator<string> {
  try {
    yield* open(file);
  } catch (cause) {
    // zlib does not know the file, and nobody could tell which of the rotations it is.
    const isZlibs = cause instanceof Error && "code" in cause && /^Z_/.test(String(cause.code));
    throw isZlibs ? new UnreadableLog(`${file}: cannot be unpacked: ${cause.message}`, { cause }) : cause;
  }
}

function open(file: string): AsyncIterable<string> {
  const bytes = createReadStream(file, { fd: openLog(file) });
  if (!file.endsWith(".gz")) return bytes.setEncoding("latin1");
  // An error of either stream ends the other, and is thrown by the iteration.
  return pipeline(bytes, createGunzip(), () => undefined).setEncoding("latin1");
}

/**
 * Opens a log for reading. Its directory is the front's: whatever that has put there instead of a file, root's commands
 * do not wait for. Throws UnreadableLog, and what open(2) says.
 */
export function openLog(file: string): number {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new UnreadableLog(`${file}: is not a regular file`);
}

/**
 * The log and what rotations have made of it, the oldest first: NAME.1, NAME-20261126, with .gz or without, whatever
 * logrotate was told. The order is that of the sequence numbers, names mean nothing.
 */
export async function logAndRotations(log: string): Promise<string[]> {
  const name = basename(log);
  const isRotation = (other: string) =>
    other.startsWith(name) && /^[.-]\d+(\.gz)?$/.test(other.slice(name.length));
  const rotations = readdirSync(dirname(log))
    .filter(isRotation)
    .map((other) => join(dirname(log), other));
  return inOrder(existsSync(log) ? [...rotations, log] : rotations);
}

/** Files in the order of their first lines; empty ones are left out, unreadable beginnings come first. */
export async function inOrder(files: readonly string[]): Promise<string[]> {
  const starts: { file: string; seq: number }[] = [];
  for (const file of files)
    for await (const { text } of linesOf(file)) {
      starts.push({ file, seq: parseLine(text)?.seq ?? -1 });
      break;
    }
  return starts.sort((a, b) => a.seq - b.seq).map(({ file }) => file);
}
