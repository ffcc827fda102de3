import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { defaultLimits, type LayerLimits } from "../../../runtime/layer/limits.ts";
import { type LayerOutcome, unpackLayer } from "../../../runtime/layer/unpack-layer.ts";
import { archive, directory, endMark, file, pax } from "../../fixtures/tar-archive.ts";

/*
 * Bombs (B7) against limits that are small enough for a test. The unpacking itself, in this process: the archives
 * have nothing in them that a worker has to be shut in for.
 */

let scratch: string;
const start = process.cwd();

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "cntnr-limits-"));
});
afterEach(() => {
  process.chdir(start);
  rmSync(scratch, { recursive: true });
});

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function unpack(
  tar: Uint8Array,
  limits: Partial<LayerLimits>,
  pack: (tar: Uint8Array) => Uint8Array = gzipSync,
): Promise<LayerOutcome> {
  const blob = pack(tar);
  writeFileSync(join(scratch, "blob"), blob);
  const fd = openSync(join(scratch, "blob"), "r");
  try {
    process.chdir(mkdtempSync(join(scratch, "target-")));
    const job = { blobSha256: sha256(blob), blobBytes: blob.length, diffSha256: sha256(tar) };
    const ownership = { kind: "own-user" } as const;
    return await unpackLayer({ ...job, ownership }, fd, () => undefined, { ...defaultLimits, ...limits });
  } finally {
    closeSync(fd);
  }
}

const deep = (path: string) => archive(pax([["path", path]]), file("f"));

test.each([
  ["entries", { entries: 3 }, [file("a"), file("b"), file("c"), file("d")], /more than 3 entries/],
  [
    "directories without an entry",
    { impliedDirectories: 20 },
    [deep(`1/${"d/".repeat(9)}x`), deep(`2/${"d/".repeat(9)}x`), deep(`3/${"d/".repeat(9)}x`)],
    /more than 20 directories without an entry/,
  ],
  ["depth", { pathDepth: 4 }, [deep("a/b/c/d/e")], /more than 4 directories deep/],
  ["the size of one file", { fileBytes: 1000 }, [file("f", "x".repeat(1001))], /a file of 1001 bytes/],
  ["the size of all", { archiveBytes: 10_000 }, [file("f", Buffer.alloc(20_000))], /more than 10000 bytes/],
  [
    "the compression",
    { ratioFreeBytes: 1_000_000, compressionRatio: 100 },
    [file("f", Buffer.alloc(3_000_000))],
    /compressed more than 100 times: refused as a bomb/,
  ],
] as const)("a layer is refused for too much of %s", async (_, limits, parts, reason) => {
  for (const pack of [gzipSync, zstdCompressSync]) {
    const outcome = await unpack(archive(...parts, endMark), limits, pack);
    expect(outcome).toMatchObject({ ok: false, code: "corrupt", isBlobDamaged: false });
    expect(outcome.ok ? "" : outcome.message).toMatch(reason);
  }
});

test("a layer may have as much as the limits say", async () => {
  const limits = { entries: 3, impliedDirectories: 4, pathDepth: 4, fileBytes: 1000, archiveBytes: 6000 };
  const parts = [directory("d"), file("d/f", "x".repeat(1000)), file("a/b/c/x")];
  expect(await unpack(archive(...parts, endMark), limits)).toMatchObject({
    ok: true,
    report: { entries: 3, contentBytes: 1000, impliedDirectories: ["", "a", "a/b", "a/b/c"] },
  });
});
