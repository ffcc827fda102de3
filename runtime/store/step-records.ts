import { mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { readIfThere } from "../sys/read-text.ts";
import type { Directories } from "./directories.ts";
import { namesIn } from "./list-directory.ts";
import { openTemporaryFile } from "./temporary.ts";

/*
 *     <data>/build/steps/<key>     a StepRecord; its modification time is when it was last used
 */

const hex = v.pipe(v.string(), v.regex(/^[a-f0-9]{64}$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const recordSchema = v.strictObject({
  /** When it was done; RFC 3339. An image of the same steps is then the same image. */
  created: v.pipe(v.string(), v.isoTimestamp()),
  /** Undefined: the step changed nothing. */
  layer: v.exactOptional(
    v.strictObject({
      mediaType: v.string(),
      blobSha256: hex,
      blobBytes: count,
      diffSha256: hex,
      entries: count,
      contentBytes: count,
    }),
  ),
});

/** What a step of a build has come to, by the key of all that it depends on. */
export type StepRecord = v.InferOutput<typeof recordSchema>;

/** How long what builds remember is kept after its last use, without anybody asking for it. */
export const longestUnusedMs = 14 * 24 * 60 * 60_000;

/** What is remembered of a step; undefined for nothing. Marks it as used. */
export function readStepRecord(directories: Directories, key: string): StepRecord | undefined {
  const path = join(stepsOf(directories), key);
  const record = parseRecord(path);
  const now = new Date();
  if (record) utimesSync(path, now, now);
  return record;
}

/**
 * The layer is durable before this is written (LayerDeposit), so a record never tells of less than is there. It is not made durable
 * itself: what a power failure leaves of it is as good as none.
 */
export function writeStepRecord(directories: Directories, key: string, record: StepRecord): void {
  mkdirSync(stepsOf(directories), { recursive: true });
  using temporary = openTemporaryFile(directories);
  writeFileSync(temporary.fd, JSON.stringify(record));
  renameSync(temporary.path, join(stepsOf(directories), key));
}

/**
 * The records of steps that were used less than this long ago, whose layers are kept for the next build; the others are
 * removed. Only under the exclusive lock of the store.
 */
export function keepStepRecords(
  directories: Directories,
  unusedMs: number,
  now: number = Date.now(),
): StepRecord[] {
  return namesIn(stepsOf(directories)).flatMap((name) => {
    const path = join(stepsOf(directories), name);
    const record = parseRecord(path);
    if (record && now - statSync(path).mtimeMs < unusedMs) return [record];
    rmSync(path, { force: true });
    return [];
  });
}

function parseRecord(path: string): StepRecord | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const record = v.safeParse(recordSchema, parseJson(text));
  return record.success ? record.output : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // As good as none: the step is done again.
    return undefined;
  }
}

function stepsOf(directories: Directories): string {
  return join(directories.build, "steps");
}
