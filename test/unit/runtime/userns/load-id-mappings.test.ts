import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  identityMappings,
  mapIds,
  parseSubordinateIds,
} from "../../../../runtime/userns/load-id-mappings.ts";
import { existingIds, parseIdMap } from "../../../../runtime/userns/own-namespace.ts";

describe("sub-ids", () => {
  test("are the lines of the user, by name or number, in the order of the file", () => {
    const text = "root:1:2\nme:100000:65536\nother:165536:65536\n1000:300000:10\nme:400000:5\n";
    expect(parseSubordinateIds(text, "me", 1000)).toEqual([
      { start: 100_000, count: 65_536 },
      { start: 300_000, count: 10 },
      { start: 400_000, count: 5 },
    ]);
    expect(parseSubordinateIds(text, undefined, 7)).toEqual([]);
  });

  test.each([
    ["no number", "me:x:1"],
    ["nothing", "me:100000:0"],
    ["a field too many", "me:1:2:3"],
    ["a field too few", "me:1"],
    ["ids beyond the last", "me:4294967295:1"],
    ["more than there are", "me:100000:4294967295"],
    ["a negative start", "me:-1:5"],
  ])("are none where a line has %s", (_, line) => {
    expect(parseSubordinateIds(`${line}\n`, "me", 1000)).toEqual([]);
  });

  test("follow the user's own id, 0 in the container, without a gap", () => {
    expect(
      mapIds(1000, [
        { start: 100_000, count: 3 },
        { start: 500_000, count: 2 },
      ]),
    ).toEqual([
      { containerId: 0, hostId: 1000, size: 1 },
      { containerId: 1, hostId: 100_000, size: 3 },
      { containerId: 4, hostId: 500_000, size: 2 },
    ]);
  });

  test("are never more than the kernel takes, whatever the file has", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 })), (lines) => {
        const many = Array.from({ length: 400 }, (_, index) => `me:${100_000 + index * 10}:5`);
        const ranges = parseSubordinateIds([...lines, ...many].join("\n"), "me", 1000);
        expect(mapIds(1000, ranges).length).toBeLessThanOrEqual(340);
      }),
      { numRuns: 50 },
    );
  });
});

describe("ids in a user namespace", () => {
  const inContainer = parseIdMap("         0       1001          1\n         1     100000      65536\n");

  test("are cut where its map has another line, for the kernel takes no range across two", () => {
    expect(existingIds([{ start: 0, count: 65_536 }], inContainer)).toEqual([
      { start: 0, count: 1 },
      { start: 1, count: 65_535 },
    ]);
    expect(existingIds([{ start: 2000, count: 60_000 }], inContainer)).toEqual([
      { start: 2000, count: 60_000 },
    ]);
  });

  test("are none where the ranges of a file mean ids that it has not", () => {
    expect(existingIds([{ start: 100_000, count: 65_536 }], inContainer)).toEqual([]);
  });

  test("of root are all that there are, as they are, up to a gap and at most 65536", () => {
    expect(identityMappings(parseIdMap("0 0 4294967295\n"))).toEqual([
      { containerId: 0, hostId: 0, size: 65_536 },
    ]);
    expect(identityMappings(inContainer)).toEqual([
      { containerId: 0, hostId: 0, size: 1 },
      { containerId: 1, hostId: 1, size: 65_535 },
    ]);
    expect(identityMappings(parseIdMap("0 1003 1\n"))).toEqual([{ containerId: 0, hostId: 0, size: 1 }]);
    expect(identityMappings(parseIdMap("0 1003 1\n5 200000 10\n"))).toEqual([
      { containerId: 0, hostId: 0, size: 1 },
    ]);
  });
});
