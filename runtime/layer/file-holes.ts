import { readSync } from "node:fs";
import { nextData } from "../sys/file-calls.ts";
import type { Segment } from "./sparse-map.ts";

const pageBytes = 4096;
/** A run of zeros this long is a hole; shorter ones are not worth a segment. */
const leastHoleBytes = 1024 * 1024;
const mostSegments = 50_000;
const zeroPage = Buffer.alloc(pageBytes);
const buffer = Buffer.allocUnsafeSlow(leastHoleBytes);

/**
 * Where a file has data, if it has long runs of zeros; undefined when it has none and is stored as it is.
 *
 * It goes by the contents: what the file system keeps as holes depends on the file system, and the same files have to
 * give the same archive everywhere. The file system's holes only save reading them.
 */
export function findSegments(fd: number, sizeBytes: number): readonly Segment[] | undefined {
  if (!mayHaveHoles(fd, sizeBytes)) return undefined;
  const segments: Segment[] = [];
  let dataStart = 0;
  for (const hole of zeroRuns(fd, sizeBytes)) {
    if (hole.length < leastHoleBytes || segments.length >= mostSegments) continue;
    if (hole.offset > dataStart) segments.push({ offset: dataStart, length: hole.offset - dataStart });
    dataStart = hole.offset + hole.length;
  }
  if (dataStart === 0) return undefined;
  // GNU tar ends a map with an empty segment at the end of a file that ends in a hole.
  segments.push({ offset: dataStart, length: sizeBytes - dataStart });
  return segments;
}

/** Any hole that is long enough has one of these pages in it; without one, the file needs not be read twice. */
function mayHaveHoles(fd: number, sizeBytes: number): boolean {
  if (sizeBytes < leastHoleBytes) return false;
  for (let at = 0; at < sizeBytes; at += leastHoleBytes) {
    const bytes = readSync(fd, buffer, 0, pageBytes, at);
    if (isZero(0, bytes)) return true;
  }
  return false;
}

/** The longest runs of whole pages of zeros; the last page of a file may be a part of one. */
function* zeroRuns(fd: number, sizeBytes: number): Generator<Segment> {
  let runStart = 0;
  for (let at = 0; at < sizeBytes; ) {
    const data = nextData(fd, at) ?? sizeBytes;
    const endOfHole = data >= sizeBytes ? sizeBytes : data - (data % pageBytes);
    if (endOfHole > at) {
      at = endOfHole;
      continue;
    }
    const bytes = readSync(fd, buffer, 0, Math.min(buffer.length, sizeBytes - at), at);
    if (bytes === 0) break; // it has been cut off meanwhile
    for (let page = 0; page < bytes; page += pageBytes) {
      const length = Math.min(pageBytes, bytes - page);
      if (isZero(page, length)) continue;
      if (at + page > runStart) yield { offset: runStart, length: at + page - runStart };
      runStart = at + page + length;
    }
    at += bytes;
  }
  if (sizeBytes > runStart) yield { offset: runStart, length: sizeBytes - runStart };
}

function isZero(at: number, length: number): boolean {
  return buffer[at] === 0 && buffer.compare(zeroPage, 0, length, at, at + length) === 0;
}
