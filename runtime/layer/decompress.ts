import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { damagedLayer } from "./layer-error.ts";

/** Much larger than Node's default: at 16 KiB, passing chunks around takes longer than inflating them. */
const options = { chunkSize: 1024 * 1024, highWaterMark: 8 * 1024 * 1024 };

/** Whether a blob that begins so is compressed in a way that we know. */
export function isCompressed(start: Buffer): boolean {
  return decompressorOf(start) !== undefined;
}

/** What makes the decompressor that the first bytes of a blob call for; undefined for a plain tar. */
function decompressorOf(start: Buffer): (() => Transform) | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return () => createGunzip(options);
  if (start.length < 4) return undefined;
  const magic = start.readUInt32LE(0);
  // A frame (RFC 8878, 3.1.1), or a skippable frame (3.1.2), as zstd:chunked writes.
  const isZstd = magic === 0xfd2f_b528 || (magic & 0xffff_fff0) >>> 0 === 0x184d_2a50;
  return isZstd ? () => createZstdDecompress(options) : undefined;
}

/**
 * Decompresses what `read` delivers (undefined at the end): gzip, zstd or nothing, by its first bytes. While
 * a chunk is being used, the next one is inflated by another thread.
 */
export async function* decompress(read: () => Buffer | undefined): AsyncGenerator<Buffer> {
  const first = read();
  if (!first) return;
  const decompressor = decompressorOf(first)?.();
  if (!decompressor) {
    for (let chunk: Buffer | undefined = first; chunk; chunk = read()) yield chunk;
    return;
  }
  const pump = (chunk: Buffer | undefined) => {
    if (!chunk) {
      decompressor.end();
      return;
    }
    decompressor.write(chunk, (error) => {
      if (error) return; // the reading side gets it, too
      try {
        pump(read());
      } catch (failure) {
        decompressor.destroy(failure instanceof Error ? failure : new Error(String(failure)));
      }
    });
  };
  pump(first);
  try {
    for await (const chunk of decompressor) yield chunk;
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("Z"))
      throw damagedLayer(`cannot be decompressed: ${error.message}`, { cause: error });
    throw error;
  }
}
