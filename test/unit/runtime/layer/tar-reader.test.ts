import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { sparseArchives } from "../../../fixtures/sparse-archives.ts";
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
