import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { findSegments } from "../../../../runtime/layer/file-holes.ts";

const page = 4096;
const mebi = 1024 * 1024;
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "cntnr-holes-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A file of this size with an "x" at each of these places; zeros between are written, or left as holes. */
function segmentsOf(sizeBytes: number, places: readonly number[], zeros: "written" | "holes") {
  const fd = openSync(join(directory, "file"), "w+");
  try {
    if (zeros === "written")
      for (let at = 0; at < sizeBytes; at += mebi) writeSync(fd, Buffer.alloc(mebi), 0, mebi, at);
    for (const place of places) writeSync(fd, Buffer.from("x"), 0, 1, place);
    ftruncateSync(fd, sizeBytes);
    return findSegments(fd, sizeBytes);
  } finally {
    closeSync(fd);
  }
}

test("small files and short runs of zeros are stored as they are", () => {
  expect(segmentsOf(0, [], "holes")).toBeUndefined();
  expect(segmentsOf(mebi - 1, [], "holes")).toBeUndefined();
  expect(segmentsOf(3 * mebi, [0, mebi, 2 * mebi, 3 * mebi - 1], "holes")).toBeUndefined();
});

test("long runs are holes, at the start, in the middle and at the end", () => {
  expect(segmentsOf(2 * mebi, [], "holes")).toEqual([{ offset: 2 * mebi, length: 0 }]);
  expect(segmentsOf(2 * mebi + 1, [2 * mebi], "written")).toEqual([{ offset: 2 * mebi, length: 1 }]);
  expect(segmentsOf(4 * mebi, [0], "holes")).toEqual([
    { offset: 0, length: page },
    { offset: 4 * mebi, length: 0 },
  ]);
  expect(segmentsOf(4 * mebi, [10, 3 * mebi + 5], "written")).toEqual([
    { offset: 0, length: page },
    { offset: 3 * mebi, length: mebi },
  ]);
});

test("it is the contents that count, and no long run is overlooked, whatever the file system keeps", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 5 * mebi }),
      fc.array(fc.integer({ min: 0, max: 5 * mebi }), { maxLength: 6 }),
      (sizeBytes, anywhere) => {
        const places = anywhere.filter((place) => place < sizeBytes).sort((a, b) => a - b);
        const segments = segmentsOf(sizeBytes, places, "holes");
        expect(segmentsOf(sizeBytes, places, "written")).toEqual(segments);
        const whole = segments ?? [{ offset: 0, length: sizeBytes }];
        for (const place of places)
          expect(whole.some(({ offset, length }) => place >= offset && place < offset + length)).toBe(true);
        // Between two places that are far apart there is a hole.
        const ends = [...places, sizeBytes];
        const isLong = ends.some((end, index) => {
          const start = index === 0 ? 0 : (Math.floor((ends[index - 1] ?? 0) / page) + 1) * page;
          const stop = end === sizeBytes ? sizeBytes : Math.floor(end / page) * page;
          return stop - start >= mebi;
        });
        expect(segments !== undefined).toBe(isLong);
      },
    ),
    { numRuns: 40 },
  );
});
