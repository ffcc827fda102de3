import { deepStrictEqual } from "node:assert";
import { CntnrError } from "../../../runtime/errors/cntnr-error.ts";
import { defaultLimits } from "../../../runtime/layer/limits.ts";
import { endOfArchive, formatEntry, paddingAfter } from "../../../runtime/layer/tar-writer.ts";
import type { Random } from "../../fixtures/random.ts";
import { sparseArchives } from "../../fixtures/sparse-archives.ts";
import {
  archive,
  directory,
  endMark,
  file,
  gnuLong,
  hardLink,
  header,
  pax,
  symbolicLink,
  withChecksum,
} from "../../fixtures/tar-archive.ts";
import { type RecordedEntry, recordArchive } from "../../unit/runtime/layer/record-archive.ts";
import { kindOf, type Target } from "../fuzz.ts";

const blockBytes = 512;
/** Of which a test keeps the data. */
const keptBytes = 1 << 20;

const sound = [
  archive(
    directory("a/", { mode: 0o1777 }),
    file("a/f", "text", { mode: 0o4755 }),
    hardLink("h", "a/f"),
    endMark,
  ),
  archive(
    symbolicLink("s", "../x"),
    header({ name: "fifo", type: "6" }),
    header({ name: "dev", type: "3" }),
    endMark,
  ),
  archive(
    pax([
      ["path", "p/q"],
      ["mtime", "1.5"],
      ["SCHILY.xattr.user.k", "v"],
    ]),
    file("x", "y".repeat(700)),
    endMark,
  ),
  archive(
    pax(
      [
        ["uid", "7"],
        ["linkpath", "t"],
      ],
      "g",
    ),
    symbolicLink("s", "x"),
    file(".wh.gone"),
    file("a/.wh..wh..opq"),
    endMark,
  ),
  archive(
    gnuLong("L", "n".repeat(200)),
    file("short", "1"),
    gnuLong("K", "t".repeat(200)),
    symbolicLink("s", "x"),
    endMark,
  ),
  ...sparseArchives.map(({ bytes }) => archive(bytes, endMark)),
];

const words =
  "../ / . .. a/ a//b ./ \0 0 7777777 99999999999 -1 1.5 path= linkpath= size= uid= mtime= GNU.sparse.major= GNU.sparse.map= SCHILY.xattr. .wh. ustar\x0000 \x80\0\0\0 \xff\xff".split(
    " ",
  );

/** Layers: read, they are what they say, however they are cut into pieces, and stay within their root; written again, they are the same. */
export function layerTarget(): Target {
  return {
    name: "layer",
    mostBytes: 64 * 1024,
    seeds: sound,
    dictionary: words.map((word) => Buffer.from(word, "latin1")),
    mutate: mutateBlocks,
    run: outcomeOf,
  };
}

type Field = readonly [offset: number, length: number];

/** Where a header has its fields (POSIX pax, "ustar"; GNU's sparse ones), and how long they are. */
const fields: readonly [Field, ...Field[]] = [
  [0, 100],
  [100, 8],
  [108, 8],
  [116, 8],
  [124, 12],
  [136, 12],
  [156, 1],
  [157, 100],
  [257, 8],
  [329, 8],
  [337, 8],
  [345, 155],
  [386, 12],
  [398, 12],
  [482, 1],
  [483, 12],
];

function mutateBlocks(input: Buffer, random: Random): Buffer {
  const count = Math.ceil(input.length / blockBytes);
  const blocks = Array.from({ length: count }, (_, index) =>
    Buffer.from(input.subarray(index * blockBytes, (index + 1) * blockBytes)),
  );
  const at = random.below(count + 1);
  const block = blocks[at];
  if (!block || block.length < blockBytes) return Buffer.concat([input, endMark]);
  const to = random.below(count);
  switch (random.below(8)) {
    case 0:
      blocks.splice(at, 1);
      break;
    case 1:
      blocks.splice(to, 0, Buffer.from(block));
      break;
    case 2:
      blocks.splice(to, 0, ...blocks.splice(at, 1 + random.below(4)));
      break;
    default: {
      const [offset, length] = random.of(fields);
      const value = random.chance(60)
        ? Buffer.from(random.pick(words) ?? "", "latin1")
        : random.chance(50)
          ? Buffer.from(random.below(0o7777777).toString(8))
          : random.bytes(length);
      value.copy(block, offset, 0, length);
      if (random.chance(90)) withChecksum(block);
    }
  }
  return Buffer.concat(blocks);
}

function outcomeOf(input: Buffer): string {
  const whole = read(input, [input.length || 1]);
  for (const sizes of [[1], [7, 512], [1000, 3]]) {
    // A byte at a time takes its time.
    if (sizes.length === 1 && input.length > 2048) continue;
    deepStrictEqual(read(input, sizes), whole);
  }
  if (typeof whole === "string") return whole;
  for (const { entry, pieces } of whole) requireSound(entry, pieces);
  requireSameAgain(whole);
  const kinds = whole.map(
    ({ entry }) => `${entry.type}${entry.attributes.size > 0 ? " with attributes" : ""}`,
  );
  return [...new Set(kinds)].sort().join();
}

function read(input: Buffer, sizes: readonly number[]): RecordedEntry[] | string {
  try {
    return recordArchive(input, sizes);
  } catch (error) {
    if (error instanceof CntnrError)
      return kindOf(error.message.replace(/".*"/s, "Q").replaceAll("'s ", " "));
    throw error;
  }
}

function requireSound(entry: RecordedEntry["entry"], pieces: RecordedEntry["pieces"]): void {
  const isClean = (path: string) =>
    path === "" || path.split("/").every((part) => !["", ".", ".."].includes(part));
  const problems = [
    isClean(entry.path) || "a path that is not clean",
    entry.path !== "" || entry.type === "directory" || "no directory in the place of the root",
    entry.path.length <= defaultLimits.pathBytes || "a path that is too long",
    !entry.path.includes("\0") || "a NUL in a path",
    (entry.mode & ~0o7777) === 0 || "a mode with more than bits",
    [entry.uid, entry.gid].every((id) => Number.isSafeInteger(id) && id >= 0) || "an owner that is none",
    entry.type !== "hard-link" || (isClean(entry.target) && entry.target !== "") || "a link out of the layer",
    entry.type !== "symbolic-link" ||
      (entry.target !== "" && !entry.target.includes("\0")) ||
      "an empty link",
    entry.type !== "file" || entry.sizeBytes >= 0 || "a negative size",
    arePiecesIn(entry, pieces) || "data outside of its file",
  ].filter((problem) => problem !== true);
  if (problems.length > 0) throw new Error(`${JSON.stringify(entry)}: ${problems.join(", ")}`);
}

function arePiecesIn(entry: RecordedEntry["entry"], pieces: RecordedEntry["pieces"]): boolean {
  if (entry.type !== "file") return pieces.length === 0;
  const ends = pieces.map(([offset, length]) => offset + length);
  const isInOrder = pieces.every(([offset], index) => offset >= (ends[index - 1] ?? 0));
  return isInOrder && (ends.at(-1) ?? 0) <= entry.sizeBytes;
}

/** What was read is written so that it is read again, but for parts of seconds. */
function requireSameAgain(entries: readonly RecordedEntry[]): void {
  const plain = entries
    .filter(({ entry }) => entry.type !== "file" || (!entry.isSparse && entry.sizeBytes <= keptBytes))
    .map((recorded) => ({ ...recorded, entry: inWholeSeconds(recorded.entry) }));
  const parts = plain.flatMap(({ entry, data }) => [
    formatEntry(entry),
    Buffer.from(data, "latin1"),
    paddingAfter(entry.type === "file" ? entry.sizeBytes : 0),
  ]);
  const again = recordArchive(Buffer.concat([...parts, endOfArchive]), [4096]);
  deepStrictEqual(again, plain);
}

function inWholeSeconds(entry: RecordedEntry["entry"]): RecordedEntry["entry"] {
  return { ...entry, modified: { seconds: entry.modified.seconds, nanoseconds: 0 } };
}
