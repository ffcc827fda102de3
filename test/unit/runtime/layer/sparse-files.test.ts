import { describe, expect, test } from "bun:test";
import { segmentBytes, sparseArchives, sparseBytes } from "../../../fixtures/sparse-archives.ts";
import { archive, endMark, file, pax } from "../../../fixtures/tar-archive.ts";
import { recordArchive } from "./record-archive.ts";

describe("sparse files", () => {
  for (const { format, bytes } of sparseArchives)
    test(`have their data where the map of ${format} says`, () => {
      const [entry] = recordArchive(archive(bytes, endMark));
      expect(entry?.entry).toMatchObject({ path: "sparse", sizeBytes: sparseBytes, isSparse: true });
      expect(entry?.pieces).toEqual([
        [512, segmentBytes],
        [4000, segmentBytes],
      ]);
      expect(entry?.data.slice(512, 512 + segmentBytes)).toBe("A".repeat(segmentBytes));
      expect(entry?.data.slice(4000, 4000 + segmentBytes)).toBe("B".repeat(segmentBytes));
    });

  test("may be nothing but a hole", () => {
    const [entry] = recordArchive(
      archive(
        pax([
          ["GNU.sparse.size", "1000"],
          ["GNU.sparse.map", "1000,0"],
        ]),
        file("hole"),
      ),
    );
    expect(entry).toMatchObject({ pieces: [], entry: { sizeBytes: 1000, isSparse: true } });
  });

  const refused = (records: readonly (readonly [string, string])[], data: string) => () =>
    recordArchive(archive(pax(records), file("sparse", data)));
  test.each([
    [
      "overlap",
      [
        ["GNU.sparse.size", "100"],
        ["GNU.sparse.map", "0,10,5,10"],
      ],
      "x".repeat(20),
    ],
    [
      "are out of order",
      [
        ["GNU.sparse.size", "100"],
        ["GNU.sparse.map", "50,10,0,10"],
      ],
      "x".repeat(20),
    ],
    [
      "are beyond the end",
      [
        ["GNU.sparse.size", "15"],
        ["GNU.sparse.map", "0,10,10,10"],
      ],
      "x".repeat(20),
    ],
    [
      "are longer than the data",
      [
        ["GNU.sparse.size", "100"],
        ["GNU.sparse.map", "0,21"],
      ],
      "x".repeat(20),
    ],
    [
      "are shorter than the data",
      [
        ["GNU.sparse.size", "100"],
        ["GNU.sparse.map", "0,19"],
      ],
      "x".repeat(20),
    ],
    [
      "are no numbers",
      [
        ["GNU.sparse.size", "100"],
        ["GNU.sparse.map", "0,-1"],
      ],
      "x",
    ],
    [
      "are no pairs",
      [
        ["GNU.sparse.size", "100"],
        ["GNU.sparse.map", "0,1,2"],
      ],
      "x",
    ],
    [
      "need 54 bits",
      [
        ["GNU.sparse.size", "9007199254740993"],
        ["GNU.sparse.map", "0,1"],
      ],
      "x",
    ],
  ] as const)("are refused when segments %s", (_, records, data) => {
    expect(refused(records, data)).toThrow(expect.objectContaining({ code: "corrupt" }));
  });

  test("are refused when their map has no end", () => {
    const lines = "1\n".repeat(2000);
    const records = [
      ["GNU.sparse.major", "1"],
      ["GNU.sparse.minor", "0"],
      ["GNU.sparse.realsize", "5"],
    ] as const;
    expect(refused(records, `99999\n${lines}`)).toThrow("without its map");
    expect(refused(records, `100001\n${lines}`)).toThrow("segments");
    expect(refused(records, "x".repeat(600))).toThrow("is no number");
  });
});
