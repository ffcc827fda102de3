import { defaultLimits, type LayerLimits } from "../../../../runtime/layer/limits.ts";
import type { TarEntry } from "../../../../runtime/layer/tar-entry.ts";
import { TarReader } from "../../../../runtime/layer/tar-reader.ts";

/** An entry as the reader told of it, with the data of a file: holes are zeros. */
export interface RecordedEntry {
  readonly entry: TarEntry;
  readonly data: string;
  /** Where data was, as [offset, length]; adjacent pieces are joined. */
  readonly pieces: readonly (readonly [number, number])[];
}

/** Reads an archive in chunks of these sizes (the last one again and again) and returns all that the reader told. */
export function recordArchive(
  archive: Buffer,
  chunkSizes: readonly number[] = [archive.length || 1],
  limits: LayerLimits = defaultLimits,
): RecordedEntry[] {
  const recorded: { entry: TarEntry; bytes: Buffer; pieces: [number, number][]; isOpen: boolean }[] = [];
  const reader = new TarReader(
    {
      entry(entry) {
        if (recorded.at(-1)?.isOpen) throw new Error("an entry within a file");
        const sizeBytes = entry.type === "file" ? entry.sizeBytes : 0;
        recorded.push({
          entry,
          bytes: Buffer.alloc(Math.min(sizeBytes, 1 << 20)),
          pieces: [],
          isOpen: entry.type === "file",
        });
      },
      data(bytes, position) {
        const last = recorded.at(-1);
        if (!last?.isOpen) throw new Error("data without a file");
        Buffer.from(bytes).copy(last.bytes, position);
        const piece = last.pieces.at(-1);
        if (piece && piece[0] + piece[1] === position) piece[1] += bytes.length;
        else last.pieces.push([position, bytes.length]);
      },
      endOfFile() {
        const last = recorded.at(-1);
        if (!last?.isOpen) throw new Error("the end of no file");
        last.isOpen = false;
      },
    },
    limits,
  );
  let chunk = 0;
  for (let at = 0; at < archive.length; ) {
    const size = Math.max(1, chunkSizes[Math.min(chunk++, chunkSizes.length - 1)] ?? 1);
    // A copy that is overwritten afterwards: the reader may keep nothing of it.
    const bytes = Buffer.from(archive.subarray(at, at + size));
    reader.push(bytes);
    bytes.fill(0xee);
    at += size;
  }
  reader.end();
  return recorded.map(({ entry, bytes, pieces }) => ({ entry, data: bytes.toString("latin1"), pieces }));
}
