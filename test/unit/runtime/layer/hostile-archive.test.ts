import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { defaultLimits } from "../../../../runtime/layer/limits.ts";
import { sparseArchives } from "../../../fixtures/sparse-archives.ts";
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
} from "../../../fixtures/tar-archive.ts";
import { recordArchive } from "./record-archive.ts";

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
