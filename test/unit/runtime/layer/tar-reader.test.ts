import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { defaultLimits } from "../../../../runtime/layer/limits.ts";
import { segmentBytes, sparseArchives, sparseBytes } from "../../../fixtures/sparse-archives.ts";
import {
  archive,
  directory,
  endMark,
  file,
  gnuLong,
  hardLink,
  header,
  padded,
  pax,
  symbolicLink,
  withChecksum,
} from "../../../fixtures/tar-archive.ts";
import { recordArchive } from "./record-archive.ts";

describe("what a reader of tar archives tells", () => {
  test("reads files, directories, links and fifos of a ustar archive", () => {
    const entries = recordArchive(
      archive(
        directory("./"),
        directory("./dir/", { mode: 0o1777, uid: 7, gid: 8 }),
        file("./dir/hello", "hello\n", { mode: 0o4755 }),
        symbolicLink("link", "/etc/passwd"),
        hardLink("./hard", "./dir/hello"),
        header({ name: "pipe", type: "6" }),
        header({ name: "null", type: "3" }),
        endMark,
      ),
    );
    expect(entries.map(({ entry }) => [entry.type, entry.path])).toEqual([
      ["directory", ""],
      ["directory", "dir"],
      ["file", "dir/hello"],
      ["symbolic-link", "link"],
      ["hard-link", "hard"],
      ["fifo", "pipe"],
      ["device", "null"],
    ]);
    expect(entries[1]?.entry).toMatchObject({ mode: 0o1777, uid: 7, gid: 8 });
    expect(entries[2]).toMatchObject({ data: "hello\n", entry: { mode: 0o4755, sizeBytes: 6 } });
    expect(entries[3]?.entry).toMatchObject({ target: "/etc/passwd" });
    expect(entries[4]?.entry).toMatchObject({ target: "dir/hello" });
  });

  test("joins ustar's prefix and name, and takes no old GNU header's times for a prefix", () => {
    const [ustar, gnu] = recordArchive(
      archive(
        file("name", "", { prefix: "a/long/prefix" }),
        file("other", "", { format: "gnu", patches: { 345: "14000000000\0" } }),
      ),
    );
    expect(ustar?.entry.path).toBe("a/long/prefix/name");
    expect(gnu?.entry.path).toBe("other");
  });

  test("takes GNU's long names and link names, longer than a block", () => {
    const name = `${"directory/".repeat(80)}name`;
    const target = "t".repeat(200);
    const [entry] = recordArchive(
      archive(
        gnuLong("K", `${target}/x`),
        gnuLong("L", name),
        symbolicLink("short", "short", { format: "gnu" }),
      ),
    );
    expect(entry?.entry).toMatchObject({ path: name, target: `${target}/x` });
  });

  test("lets pax records override the header: path, link, ids, size, time to the nanosecond", () => {
    const [entry, link] = recordArchive(
      archive(
        pax([
          ["path", "päth/ünï"],
          ["uid", "4000000000"],
          ["gid", "300000"],
          ["size", "3"],
          ["mtime", "1700000000.123456789123"],
        ]),
        header({ name: "x", size: 99 }),
        padded("abc"),
        pax([["linkpath", "far/away"]]),
        symbolicLink("l", "x"),
      ),
    );
    expect(entry).toMatchObject({
      data: "abc",
      entry: {
        path: Buffer.from("päth/ünï").toString("latin1"),
        uid: 4_000_000_000,
        gid: 300_000,
        modified: { seconds: 1_700_000_000, nanoseconds: 123_456_789 },
      },
    });
    expect(link?.entry).toMatchObject({ target: "far/away" });
  });

  test("counts nanoseconds up from the second before 1970", () => {
    const times = ["-1.25", "-1", "-0.5", "0.000000001"].map(
      (mtime) => recordArchive(archive(pax([["mtime", mtime]]), file("f")))[0]?.entry.modified,
    );
    expect(times).toEqual([
      { seconds: -2, nanoseconds: 750_000_000 },
      { seconds: -1, nanoseconds: 0 },
      { seconds: -1, nanoseconds: 500_000_000 },
      { seconds: 0, nanoseconds: 1 },
    ]);
  });

  test("keeps names and attributes that are not UTF-8, and attributes with NUL bytes, byte for byte", () => {
    const value = Buffer.from([0, 0xff, 0x3d, 0x0a, 0x80]);
    const [entry] = recordArchive(archive(pax([["SCHILY.xattr.user.raw", value]]), file("caf\xe9", "")));
    expect(entry?.entry.path).toBe("caf\xe9");
    expect(entry?.entry.attributes).toEqual(new Map([["user.raw", value]]));
  });

  test("applies global records to all that follows, until an own record or an empty one says otherwise", () => {
    const entries = recordArchive(
      archive(
        file("before"),
        pax([["uid", "5"]], "g"),
        file("global"),
        pax([["uid", "6"]]),
        file("own"),
        pax([["uid", ""]]),
        file("taken-back", "", { uid: 9 }),
        file("global-again"),
      ),
    );
    expect(entries.map(({ entry }) => entry.uid)).toEqual([0, 5, 6, 9, 5]);
  });

  test("reads base-256 numbers, also negative times", () => {
    const [entry] = recordArchive(
      archive(file("f", "", { uid: 3_000_000_000, mtime: -86_400, format: "gnu" })),
    );
    expect(entry?.entry).toMatchObject({
      uid: 3_000_000_000,
      modified: { seconds: -86_400, nanoseconds: 0 },
    });
  });

  test("takes links, directories and devices to have no data, whatever their size says", () => {
    const entries = recordArchive(
      archive(
        directory("d", { size: 4096 }),
        hardLink("h", "f", { size: 100 }),
        symbolicLink("s", "f", { size: 7 }),
        file("f", "x"),
      ),
    );
    expect(entries.map(({ entry }) => entry.path)).toEqual(["d", "h", "s", "f"]);
  });

  test("takes a name with a slash at its end for a directory only in the oldest format", () => {
    const [old, regular] = recordArchive(
      archive(header({ name: "dir/", type: "\0", format: "v7" }), file("odd/", "x")),
    );
    expect(old?.entry).toMatchObject({ type: "directory", path: "dir" });
    expect(regular?.entry).toMatchObject({ type: "file", path: "odd" });
  });

  test("tells the same, however the archive is cut into chunks", () => {
    const bytes = archive(
      directory("a/"),
      gnuLong("L", `a/${"n".repeat(150)}`),
      file("x", "0123456789".repeat(200)),
      pax([["SCHILY.xattr.user.k", "v"]]),
      file("a/empty"),
      ...sparseArchives.map(({ bytes: sparse }) => sparse),
      endMark,
    );
    const whole = recordArchive(bytes);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        expect(recordArchive(bytes, sizes)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });
});

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

describe("a damaged or hostile archive", () => {
  const limits = { ...defaultLimits, entries: 3, extendedHeaderBytes: 2048, globalHeaderBytes: 1024 };
  test.each([
    ["is cut off in a header", archive(file("f")).subarray(0, 300)],
    ["is cut off in a file", archive(file("f", "x".repeat(600))).subarray(0, 1100)],
    ["is cut off in a file's padding", archive(file("f", "x")).subarray(0, 600)],
    ["is cut off in an extended header", pax([["path", "y"]]).subarray(0, 600)],
    ["ends after an extended header", pax([["path", "y"]])],
    ["has its end mark after an extended header", archive(pax([["path", "y"]]), endMark)],
    ["has an entry between the halves of its end mark", archive(Buffer.alloc(512), file("f"))],
    ["has a header with a wrong checksum", file("f").fill("x", 0, 1)],
    ["is something else", Buffer.alloc(2048, "not a tar archive")],
    ["has a negative size", file("f", "", { size: -1, format: "gnu" })],
    [
      "has a size of 63 bits",
      header({ patches: { 124: Buffer.from([0x80, 0, 0, 0, 0x7f, 255, 255, 255, 255, 255, 255, 255]) } }),
    ],
    ["has a size that is no number", header({ patches: { 124: "99999999999\0" } })],
    ["has a user id of 2^32-1", file("f", "", { uid: 0xffff_ffff })],
    ["has a negative user id", file("f", "", { uid: -1, format: "gnu" })],
    ["has a user id that is no number", archive(pax([["uid", "0x10"]]), file("f"))],
    ["has a time that is none", archive(pax([["mtime", "yesterday"]]), file("f"))],
    ["has a record without its length", archive(file("pax", "path=x\n", { type: "x" }), file("f"))],
    ["has a record longer than its header", archive(file("pax", "99 path=x\n", { type: "x" }), file("f"))],
    [
      "has a record that does not end in a newline",
      archive(file("pax", "9 path=xx", { type: "x" }), file("f")),
    ],
    ["has a record without a key", archive(file("pax", "5 =x\n", { type: "x" }), file("f"))],
    ["has a path with a NUL byte", archive(pax([["path", "a\0b"]]), file("f"))],
    [
      "has an attribute larger than any can be",
      archive(pax([["SCHILY.xattr.user.x", "y".repeat(1500)]]), file("f")),
    ],
    [
      "has extended headers without end",
      archive(pax([["a", "x".repeat(900)]]), pax([["a", "x".repeat(900)]]), file("f")),
    ],
    ["has global headers without end", archive(pax([["a", "x".repeat(900)]], "g"), file("f"))],
    ["has too many entries", archive(file("a"), file("b"), file("c"), file("d"))],
    ["has an empty name", header({ name: "" })],
    ["has a file in the place of the root", file("./", "x")],
    ["has a symbolic link in the place of the root", symbolicLink("./", "/etc")],
    ["has a hard link in the place of the root", archive(file("f"), hardLink(".", "f"))],
    ["has a fifo in the place of the root", header({ name: "./", type: "6" })],
    ["has a device in the place of the root", header({ name: "./", type: "3" })],
    ["has a hard link to the root", hardLink("h", "./")],
    [
      "has a device of a number below zero",
      header({ name: "d", type: "3", patches: { 329: Buffer.alloc(8, 0xff) } }),
    ],
    [
      "has a device of a number that there is not",
      header({ name: "d", type: "3", patches: { 337: Buffer.from([0x80, 0, 0, 0, 0x37, 0x37, 0, 0]) } }),
    ],
    ["has a symbolic link to nothing", symbolicLink("s", "")],
    ["has a hard link to nothing", hardLink("h", "")],
    [
      "has a sparse file of an unknown format",
      archive(
        pax([
          ["GNU.sparse.major", "2"],
          ["GNU.sparse.minor", "0"],
        ]),
        file("f"),
      ),
    ],
  ])("is refused as corrupt when it %s", (_, bytes) => {
    const small = { ...limits, attributeBytes: 1000 };
    expect(() => recordArchive(bytes, undefined, small)).toThrow(
      expect.objectContaining({ name: "CntnrError", code: "corrupt" }),
    );
  });

  test("is refused as unsupported when it has an entry of an unknown type", () => {
    for (const type of ["M", "N", "A", "X", "\xff"])
      expect(() => recordArchive(header({ type }))).toThrow(expect.objectContaining({ code: "unsupported" }));
  });

  test.each(["/absolute", "//x", "../x", "a/../b", "a/..", "..", "./..", "a/b/../../..", "./../x"])(
    "is refused for the name %p, in a header, a pax record, a GNU long name and as a hard link's target (B7)",
    (name) => {
      const archives = [
        file(name, "x"),
        directory(name),
        archive(pax([["path", name]]), file("innocent")),
        archive(gnuLong("L", name), file("innocent", "", { format: "gnu" })),
        archive(file("f"), hardLink("h", name)),
        archive(file("f"), pax([["linkpath", name]]), hardLink("h", "f")),
      ];
      for (const bytes of archives)
        expect(() => recordArchive(bytes)).toThrow(expect.objectContaining({ code: "corrupt" }));
    },
  );

  test("is refused for names that no file system takes", () => {
    for (const name of ["n".repeat(256), `${"d/".repeat(2100)}x`])
      expect(() => recordArchive(archive(pax([["path", name]]), file("f")))).toThrow(
        expect.objectContaining({ code: "corrupt" }),
      );
  });

  test("may go on after its end mark, with anything", () => {
    const entries = recordArchive(archive(file("f", "x"), endMark, Buffer.alloc(700, "garbage")));
    expect(entries.map(({ entry }) => entry.path)).toEqual(["f"]);
  });

  test("may lack its end mark", () => {
    expect(recordArchive(file("f", "x"))).toHaveLength(1);
    expect(recordArchive(Buffer.alloc(0))).toEqual([]);
  });

  test("never makes the reader throw anything but a CntnrError, whatever bytes are changed", () => {
    const sound = archive(
      directory("a/"),
      pax([
        ["path", "a/b"],
        ["SCHILY.xattr.user.k", "v"],
        ["mtime", "1.5"],
      ]),
      file("x", "y".repeat(700)),
      gnuLong("L", "n".repeat(120)),
      symbolicLink("s", "t", { format: "gnu" }),
      ...sparseArchives.map(({ bytes }) => bytes),
      pax([["uid", "3"]], "g"),
      hardLink("h", "a/b"),
      endMark,
    );
    const change = fc.record({
      at: fc.integer({ min: 0, max: sound.length - 1 }),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 24 }),
        fc
          .constantFrom("\0", "9", "-", "..", "/", "99999999999", "x", "S", "L", "\x80\xff")
          .map((text) => Buffer.from(text, "latin1")),
      ),
      fixChecksum: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 2000 }),
        (changes, chunk) => {
          const bytes = Buffer.from(sound);
          for (const { at, bytes: replacement, fixChecksum } of changes) {
            bytes.set(replacement.subarray(0, bytes.length - at), at);
            const block = bytes.subarray(at - (at % 512), at - (at % 512) + 512);
            if (fixChecksum) withChecksum(block);
          }
          try {
            recordArchive(bytes, [chunk]);
          } catch (error) {
            expect(error).toMatchObject({ name: "CntnrError" });
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
