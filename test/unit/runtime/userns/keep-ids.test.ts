import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { IdMapping, IdMappings } from "../../../../runtime/userns/id-mappings.ts";
import { keepIds } from "../../../../runtime/userns/keep-ids.ts";

const own = { containerId: 0, hostId: 1000, size: 1 };
const ids = [
  own,
  { containerId: 1, hostId: 100_000, size: 10 },
  { containerId: 11, hostId: 200_000, size: 5 },
];
const mappings: IdMappings = { uids: ids, gids: ids, subordinate: true };

/** The host's id of each id that is mapped. */
function expand(lines: readonly IdMapping[]): Map<number, number> {
  return new Map(
    lines.flatMap(({ containerId, hostId, size }) =>
      Array.from({ length: size }, (_, index): [number, number] => [containerId + index, hostId + index]),
    ),
  );
}

describe("kept ids", () => {
  test("cut the range that they come to lie in", () => {
    expect(keepIds(mappings, { uid: 5, gid: 99 })).toEqual({
      uids: [
        { containerId: 0, hostId: 100_000, size: 5 },
        { containerId: 5, hostId: 1000, size: 1 },
        { containerId: 6, hostId: 100_005, size: 5 },
        { containerId: 11, hostId: 200_000, size: 5 },
      ],
      gids: [
        { containerId: 0, hostId: 100_000, size: 10 },
        { containerId: 10, hostId: 200_000, size: 5 },
        { containerId: 99, hostId: 1000, size: 1 },
      ],
      subordinate: true,
    });
  });

  test("are in their place, and all sub-ids around them in their order, wherever that is", () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), (uid, gid) => {
        const kept = keepIds(mappings, { uid, gid });
        for (const [lines, place] of [
          [kept.uids, uid],
          [kept.gids, gid],
        ] as const) {
          const all = expand(lines);
          expect(all.get(place)).toBe(own.hostId);
          all.delete(place);
          const others = [...expand(ids)]
            .map(([, hostId]) => hostId)
            .filter((hostId) => hostId !== own.hostId);
          expect([...all].sort(([a], [b]) => a - b).map(([, hostId]) => hostId)).toEqual(others);
        }
      }),
    );
  });

  test("take sub-ids, and are for users", () => {
    expect(() => keepIds({ uids: [own], gids: [own], subordinate: false }, { uid: 5, gid: 5 })).toThrow(
      "sub-ids",
    );
    const identity = [{ containerId: 0, hostId: 0, size: 65_536 }];
    const ofRoot = { uids: identity, gids: identity, subordinate: true };
    expect(() => keepIds(ofRoot, { uid: 5, gid: 5 })).toThrow("for users");
    expect(keepIds(ofRoot, { uid: 0, gid: 0 })).toBe(ofRoot);
  });
});
