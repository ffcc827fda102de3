import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, inflateRawSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { ArchiveOutput, type ArchiveSums } from "../../../../runtime/layer/archive-output.ts";
import type { Compression } from "../../../../runtime/layer/compression.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function written(
  compression: Compression,
  parts: readonly Uint8Array[],
): Promise<{ blob: Buffer; sums: ArchiveSums }> {
  const directory = mkdtempSync(join(tmpdir(), "cntnr-output-"));
  try {
    const path = join(directory, "blob");
    const fd = openSync(path, "wx");
    const output = new ArchiveOutput(fd, compression);
    for (const part of parts) {
      output.write(part);
      if (output.isAhead) await output.catchUp();
    }
    const sums = await output.finish();
    closeSync(fd);
    return { blob: readFileSync(path), sums };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Neither random nor all the same, over several blocks. */
const large = Buffer.from(
  Array.from({ length: 700_000 }, (_, index) => `${(index * 7919) % 10_007}\n`).join(""),
);

describe("a compressed archive", () => {
  const unpack = { gzip: gunzipSync, zstd: zstdDecompressSync, none: (blob: Buffer) => blob };
  for (const compression of ["gzip", "zstd", "none"] as const)
    test(`is what was written, with the right sums: ${compression}`, async () => {
      for (const parts of [[], [Buffer.from("x")], [large.subarray(0, 1 << 20)], [large, large]]) {
        const whole = Buffer.concat(parts);
        const { blob, sums } = await written(compression, parts);
        // An empty stream has no frames, which is none for a decompressor; archives are never empty.
        if (whole.length > 0 || compression === "gzip")
          expect(unpack[compression](blob).equals(whole)).toBe(true);
        expect(sums).toEqual({
          archiveSha256: sha256(whole),
          archiveBytes: whole.length,
          blobSha256: sha256(blob),
          blobBytes: blob.length,
        });
      }
    });

  test("is one gzip member, so that readers that stop after the first have all", async () => {
    const { blob } = await written("gzip", [large, large]);
    // Behind the header stands one deflate stream, at whose end this stops.
    expect(inflateRawSync(blob.subarray(10)).equals(Buffer.concat([large, large]))).toBe(true);
    expect(blob.subarray(0, 10)).toEqual(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]));
  });

  test("is the same bytes however it was cut when it was written", async () => {
    const whole = large.subarray(0, 3_000_000);
    const expected = await written("gzip", [whole]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.length }), async (cut) => {
        const { blob } = await written("gzip", [whole.subarray(0, cut), whole.subarray(cut)]);
        expect(blob.equals(expected.blob)).toBe(true);
      }),
      { numRuns: 5 },
    );
  });

  test("throws what the descriptor refuses", async () => {
    const fd = openSync("/dev/full", "w");
    const writing = (async () => {
      const output = new ArchiveOutput(fd, "zstd");
      output.write(large);
      await output.finish();
    })();
    expect(await writing.then(() => undefined, String)).toContain("ENOSPC");
    closeSync(fd);
  });
});
