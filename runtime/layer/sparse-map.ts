import type { ByteString } from "../sys/file-calls.ts";
import { damagedLayer } from "./layer-error.ts";
import type { LayerLimits } from "./limits.ts";
import { countRecord, type PaxRecords, parseCount, textRecord } from "./pax.ts";
import { numberAt } from "./tar-header.ts";

/** Bytes of a file that are in the archive; what lies between segments is a hole. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
}

export interface SparseMap {
  /** Size of the whole file. */
  readonly sizeBytes: number;
  readonly segments: readonly Segment[];
}

/** Whether a pax entry is a sparse file, and where its map is: in the records, or before the data (GNU sparse 1.0). */
export function sparseKind(records: PaxRecords): "none" | "in-records" | "before-data" {
  if (records.values.has("GNU.sparse.major")) {
    const version = `${textRecord(records, "GNU.sparse.major")}.${textRecord(records, "GNU.sparse.minor")}`;
    if (version !== "1.0") throw damagedLayer(`a sparse file of the unknown format ${version}`);
    return "before-data";
  }
  return records.values.has("GNU.sparse.size") ? "in-records" : "none";
}

/** The size of a sparse pax entry with its holes. */
export function sparseSize(records: PaxRecords): number {
  const size = countRecord(records, "GNU.sparse.realsize") ?? countRecord(records, "GNU.sparse.size");
  if (size === undefined) throw damagedLayer("a sparse file without its size");
  return size;
}

/** The segments of GNU sparse 0.0 (a pair of records each) or 0.1 (one record for all). */
export function segmentsOfRecords(records: PaxRecords, limits: LayerLimits): Segment[] {
  const list = textRecord(records, "GNU.sparse.map");
  const numbers = list === undefined ? records.sparseNumbers : list.split(",");
  checkCount(numbers.length / 2, limits);
  return pairs(numbers.map((digits) => parseCount(digits, "sparse map")));
}

/**
 * The map of GNU sparse 1.0: the number of segments, then offset and length of each, a line a number, at the
 * start of the data and padded to a block.
 */
export class SparseLines {
  readonly #limits: LayerLimits;
  readonly #blocks: ByteString[] = [];
  #newlines = 0;
  #neededNewlines: number | undefined;

  constructor(limits: LayerLimits) {
    this.#limits = limits;
  }

  /** Takes the next block; returns the segments once it has them all. */
  push(block: ByteString): Segment[] | undefined {
    this.#blocks.push(block);
    this.#newlines += block.split("\n").length - 1;
    if (this.#neededNewlines === undefined) {
      const [digits = ""] = block.split("\n", 1);
      const count = parseCount(digits, "sparse map");
      checkCount(count, this.#limits);
      this.#neededNewlines = 1 + 2 * count;
    }
    if (this.#newlines < this.#neededNewlines) return undefined;
    const lines = this.#blocks.join("").split("\n").slice(1, this.#neededNewlines);
    return pairs(lines.map((line) => parseCount(line, "sparse map")));
  }
}

/** The real size in an old GNU sparse header (type S). */
export function oldSparseSize(header: Buffer): number {
  return numberAt(header, 483, 12, "sparse size");
}

/** The segments of an old GNU sparse header, or of a block that continues it, and whether one more follows. */
export function oldSegments(block: Buffer, kind: "header" | "continuation"): readonly [Segment[], boolean] {
  const [start, slots, more] = kind === "header" ? [386, 4, 482] : [0, 21, 504];
  const segments: Segment[] = [];
  for (let slot = 0; slot < slots; slot++) {
    const at = start + 24 * slot;
    if (block[at] === 0) break;
    segments.push({
      offset: numberAt(block, at, 12, "sparse map"),
      length: numberAt(block, at + 12, 12, "sparse map"),
    });
  }
  return [segments, block[more] !== 0];
}

/** Throws unless the segments are in order, apart, within the file and exactly as long as the data that follows. */
export function checkSparseMap(map: SparseMap, storedBytes: number, limits: LayerLimits): void {
  checkCount(map.segments.length, limits);
  let end = 0;
  let sum = 0;
  for (const { offset, length } of map.segments) {
    if (offset < end || length < 0 || offset + length > map.sizeBytes)
      throw damagedLayer("a sparse file's map has segments that overlap, are out of order or beyond its end");
    end = offset + length;
    sum += length;
  }
  if (sum !== storedBytes)
    throw damagedLayer("a sparse file's map does not fit the data that the archive holds of it");
}

function checkCount(segments: number, limits: LayerLimits): void {
  if (segments > limits.sparseSegments)
    throw damagedLayer(`a sparse file of more than ${limits.sparseSegments} segments`);
}

function pairs(numbers: readonly number[]): Segment[] {
  if (numbers.length % 2 !== 0) throw damagedLayer("a sparse file's map has an offset without a length");
  const segments: Segment[] = [];
  for (let index = 0; index < numbers.length; index += 2)
    segments.push({ offset: numbers[index] ?? 0, length: numbers[index + 1] ?? 0 });
  return segments;
}
