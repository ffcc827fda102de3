import type { ByteString } from "../sys/file-calls.ts";
import { describeEntry, storedBytesOf } from "./describe-entry.ts";
import { damagedLayer, printable } from "./layer-error.ts";
import type { LayerLimits } from "./limits.ts";
import { mergeRecords, noRecords, type PaxRecords, parsePaxRecords } from "./pax.ts";
import {
  checkSparseMap,
  oldSegments,
  oldSparseSize,
  type Segment,
  SparseLines,
  segmentsOfRecords,
  sparseKind,
  sparseSize,
} from "./sparse-map.ts";
import type { FileEntry, TarVisitor } from "./tar-entry.ts";
import { blockBytes, padded, parseHeader, type TarHeader } from "./tar-header.ts";

/** What comes next in the stream: a block that is needed whole, or bytes that pass through. */
type Expectation =
  | { readonly kind: "block"; readonly bytes: number; readonly take: (block: Buffer) => void }
  | { readonly kind: "data" }
  | { readonly kind: "padding" }
  | { readonly kind: "nothing" };

/** What extended headers said of the entry to come. */
interface Pending {
  records: PaxRecords;
  longName: ByteString | undefined;
  longLinkName: ByteString | undefined;
  bytes: number;
}

const nothingPending = (): Pending => ({
  records: noRecords,
  longName: undefined,
  longLinkName: undefined,
  bytes: 0,
});

/**
 * Reads a tar archive from chunks as they come: ustar, GNU (long names, base-256 numbers, old sparse files) and
 * pax (global headers, extended attributes as raw bytes, GNU sparse 0.0, 0.1 and 1.0). It holds no more of it
 * than one entry's extended headers. Whatever the bytes are, it throws a CntnrError or nothing.
 *
 * Where archives are ambiguous it sides with Go's archive/tar, because that is what the other engines read
 * layers with: links and directories have no data whatever their size says, and GNU's long names win over pax.
 */
export class TarReader {
  readonly #visitor: TarVisitor;
  readonly #limits: LayerLimits;
  #expected: Expectation;
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #paddingBytes = 0;
  #entries = 0;
  #globals: PaxRecords = noRecords;
  #globalBytes = 0;
  #pending = nothingPending();
  #sawZeroBlock = false;

  // The file whose data is passing through: which of its segments, and how much of that one is done.
  #segments: readonly Segment[] = [];
  #segment = 0;
  #segmentDone = 0;

  constructor(visitor: TarVisitor, limits: LayerLimits) {
    this.#visitor = visitor;
    this.#limits = limits;
    this.#expected = this.#header;
  }

  /** Takes the next bytes of the archive. What comes after the end mark is ignored. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const rest = at === 0 ? chunk : chunk.subarray(at);
      const expected = this.#expected;
      if (expected.kind === "nothing") return;
      if (expected.kind === "block") at += this.#gather(rest, expected.bytes, expected.take);
      else if (expected.kind === "data") at += this.#passData(rest);
      else at += this.#skipPadding(rest);
    }
  }

  /** Says that the archive is over. Without an end mark that is accepted between two entries only. */
  end(): void {
    if (this.#expected.kind === "nothing") return;
    if (this.#expected !== this.#header || this.#partialBytes > 0 || this.#pending.bytes > 0)
      throw damagedLayer("the archive ends in the middle of an entry");
  }

  #gather(rest: Buffer, bytes: number, take: (block: Buffer) => void): number {
    const missing = bytes - this.#partialBytes;
    if (rest.length < missing) {
      // A copy: the chunk is the caller's again when push() returns.
      this.#partial.push(Buffer.from(rest));
      this.#partialBytes += rest.length;
      return rest.length;
    }
    const last = rest.subarray(0, missing);
    const block = this.#partialBytes === 0 ? last : Buffer.concat([...this.#partial, last]);
    this.#partial = [];
    this.#partialBytes = 0;
    take(block);
    return missing;
  }

  #passData(rest: Buffer): number {
    const segment = this.#segments[this.#segment];
    if (!segment) throw new RangeError("data without a segment");
    const bytes = Math.min(rest.length, segment.length - this.#segmentDone);
    this.#visitor.data(rest.subarray(0, bytes), segment.offset + this.#segmentDone);
    this.#segmentDone += bytes;
    if (this.#segmentDone === segment.length) this.#nextSegment(this.#segment + 1);
    return bytes;
  }

  #nextSegment(index: number): void {
    this.#segment = index;
    this.#segmentDone = 0;
    while (this.#segments[this.#segment]?.length === 0) this.#segment++;
    if (this.#segment < this.#segments.length) {
      this.#expected = { kind: "data" };
      return;
    }
    this.#visitor.endOfFile();
    this.#expected = this.#paddingBytes > 0 ? { kind: "padding" } : this.#header;
  }

  #skipPadding(rest: Buffer): number {
    const bytes = Math.min(rest.length, this.#paddingBytes);
    this.#skip(this.#paddingBytes - bytes);
    return bytes;
  }

  #skip(bytes: number): void {
    this.#paddingBytes = bytes;
    this.#expected = bytes > 0 ? { kind: "padding" } : this.#header;
  }

  readonly #takeHeader = (block: Buffer): void => {
    const header = parseHeader(block);
    if (header) this.#takeAnyEntry(header, block);
    else this.#takeZeroBlock();
  };

  /** The state between entries: one object, so that it can be recognised. */
  readonly #header: Expectation = { kind: "block", bytes: blockBytes, take: this.#takeHeader };

  #takeAnyEntry(header: TarHeader, block: Buffer): void {
    if (this.#sawZeroBlock) throw damagedLayer("an entry after half of an end mark");
    if (++this.#entries > this.#limits.entries)
      throw damagedLayer(`more than ${this.#limits.entries} entries`);
    switch (header.typeFlag) {
      case "x":
      case "L":
      case "K":
        this.#takePending(header);
        break;
      case "g":
        this.#takeGlobal(header);
        break;
      case "V": // GNU tar's label of a volume
        this.#skip(padded(storedBytesOf(header, noRecords)));
        break;
      default:
        this.#takeEntry(header, block);
    }
  }

  #takeGlobal(header: TarHeader): void {
    this.#globalBytes += blockBytes + header.sizeBytes;
    if (this.#globalBytes > this.#limits.globalHeaderBytes)
      throw damagedLayer(`global headers of more than ${this.#limits.globalHeaderBytes} bytes`);
    this.#takeBody(header, (body) => {
      this.#globals = mergeRecords(this.#globals, parsePaxRecords(body));
    });
  }

  #takeZeroBlock(): void {
    if (this.#pending.bytes > 0) throw damagedLayer("an extended header without its entry");
    if (this.#sawZeroBlock) this.#expected = { kind: "nothing" };
    this.#sawZeroBlock = true;
  }

  /** Takes a header that describes the next one. Several may stand in a row, but not without end. */
  #takePending(header: TarHeader): void {
    const pending = this.#pending;
    pending.bytes += blockBytes + header.sizeBytes;
    if (pending.bytes > this.#limits.extendedHeaderBytes)
      throw damagedLayer(`extended headers of more than ${this.#limits.extendedHeaderBytes} bytes`);
    this.#takeBody(header, (body) => {
      if (header.typeFlag === "x") pending.records = parsePaxRecords(body);
      else if (header.typeFlag === "L") pending.longName = untilNul(body);
      else pending.longLinkName = untilNul(body);
    });
  }

  #takeBody(header: TarHeader, use: (body: ByteString) => void): void {
    const sizeBytes = storedBytesOf(header, noRecords);
    if (sizeBytes === 0) {
      use("");
      return;
    }
    this.#expected = {
      kind: "block",
      bytes: padded(sizeBytes),
      take: (block) => {
        this.#expected = this.#header;
        use(block.toString("latin1", 0, sizeBytes));
      },
    };
  }

  #takeEntry(header: TarHeader, block: Buffer): void {
    const { longName, longLinkName } = this.#pending;
    const records = mergeRecords(this.#globals, this.#pending.records);
    this.#pending = nothingPending();
    const entry = describeEntry({ header, records, longName, longLinkName }, this.#limits);
    if (entry.type !== "file") {
      this.#visitor.entry(entry);
      // Only in GNU tar's incremental dumps does a directory have data: the list of its files.
      this.#skip(header.typeFlag === "D" ? padded(storedBytesOf(header, records)) : 0);
    } else if (header.typeFlag === "S") {
      this.#takeOldSparse(entry, block, "header", [], oldSparseSize(block));
    } else {
      this.#takeFile(entry, records);
    }
  }

  #takeFile(entry: FileEntry, records: PaxRecords): void {
    const storedBytes = entry.sizeBytes;
    const kind = sparseKind(records);
    if (kind === "none") {
      this.#beginFile(entry, [{ offset: 0, length: storedBytes }], storedBytes);
      return;
    }
    const sparse: FileEntry = { ...entry, sizeBytes: sparseSize(records), isSparse: true };
    if (kind === "in-records") this.#beginFile(sparse, segmentsOfRecords(records, this.#limits), storedBytes);
    else this.#takeSparseLines(sparse, new SparseLines(this.#limits), storedBytes);
  }

  #takeOldSparse(
    entry: FileEntry,
    block: Buffer,
    kind: "header" | "continuation",
    before: Segment[],
    sizeBytes: number,
  ): void {
    const [found, more] = oldSegments(block, kind);
    const segments = before;
    segments.push(...found);
    if (!more) {
      this.#beginFile({ ...entry, sizeBytes, isSparse: true }, segments, entry.sizeBytes);
      return;
    }
    if (segments.length > this.#limits.sparseSegments)
      throw damagedLayer(`${printable(entry.path)}: a sparse file of too many segments`);
    this.#expected = {
      kind: "block",
      bytes: blockBytes,
      take: (next) => this.#takeOldSparse(entry, next, "continuation", segments, sizeBytes),
    };
  }

  #takeSparseLines(entry: FileEntry, lines: SparseLines, storedBytes: number): void {
    if (storedBytes < blockBytes)
      throw damagedLayer(`${printable(entry.path)}: a sparse file without its map`);
    this.#expected = {
      kind: "block",
      bytes: blockBytes,
      take: (block) => {
        const left = storedBytes - blockBytes;
        const segments = lines.push(block.toString("latin1"));
        if (segments) this.#beginFile(entry, segments, left);
        else this.#takeSparseLines(entry, lines, left);
      },
    };
  }

  #beginFile(entry: FileEntry, segments: readonly Segment[], storedBytes: number): void {
    if (entry.sizeBytes > this.#limits.fileBytes)
      throw damagedLayer(`${printable(entry.path)}: a file of ${entry.sizeBytes} bytes`);
    checkSparseMap({ sizeBytes: entry.sizeBytes, segments }, storedBytes, this.#limits);
    this.#segments = segments;
    this.#paddingBytes = padded(storedBytes) - storedBytes;
    this.#visitor.entry(entry);
    this.#nextSegment(0);
  }
}

function untilNul(body: ByteString): ByteString {
  const end = body.indexOf("\0");
  return end < 0 ? body : body.slice(0, end);
}
