import type { ByteString } from "../sys/file-calls.ts";
import { unsupportedLayer } from "./layer-error.ts";
import { formatPaxRecords, isPaxKey } from "./pax.ts";
import type { Segment } from "./sparse-map.ts";
import type { TarEntry } from "./tar-entry.ts";
import { blockBytes, field, padded } from "./tar-header.ts";

/** The data of a sparse file: where it has some, in order and apart. */
export interface SparseData {
  readonly segments: readonly Segment[];
}

const largestOctal7 = 0o7777777;
const largestOctal11 = 0o77777777777;
const zeros = Buffer.alloc(2 * blockBytes);

/**
 * The headers of one entry: a ustar block, with a pax extended header before it for what ustar cannot hold (pax(1)): ids
 * above 2097151, long names, sizes of 8 GiB, times before 1970, extended attributes, and sparse files as GNU sparse 1.0.
 * Times are whole seconds, as in the layers of the other engines. The same entry always gives the same bytes.
 *
 * The caller writes after it a file's data (of a sparse one the segments'), and {@link paddingAfter} it.
 */
export function formatEntry(entry: TarEntry, sparse?: SparseData): Buffer {
  const records: [string, ByteString][] = [];
  const map = sparse && formatSparseMap(sparse.segments);
  const isDirectory = entry.type === "directory";
  const path = entry.path === "" ? "./" : isDirectory ? `${entry.path}/` : entry.path;
  const name = splitPath(sparse ? sparsePlaceholder : path);
  if (!name) records.push(["path", path]);
  const target = "target" in entry ? entry.target : "";
  if (target.length > field.linkName[1]) records.push(["linkpath", target]);
  for (const key of ["uid", "gid"] as const)
    if (entry[key] > largestOctal7) records.push([key, String(entry[key])]);
  const { seconds } = entry.modified;
  if (seconds < 0 || seconds > largestOctal11) records.push(["mtime", String(seconds)]);
  const storedBytes = storedBytesOf(entry, sparse, map);
  if (storedBytes > largestOctal11) records.push(["size", String(storedBytes)]);
  if (sparse && entry.type === "file")
    records.push(
      ["GNU.sparse.major", "1"],
      ["GNU.sparse.minor", "0"],
      ["GNU.sparse.name", path],
      ["GNU.sparse.realsize", String(entry.sizeBytes)],
    );
  for (const [key, value] of [...entry.attributes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!isPaxKey(key)) throw unsupportedLayer(`no archive can hold the extended attribute "${key}"`);
    records.push([`SCHILY.xattr.${key}`, value.toString("latin1")]);
  }
  const header = formatHeader({
    name: name ?? { prefix: "", name: path.slice(0, field.name[1]) },
    mode: entry.mode,
    uid: entry.uid > largestOctal7 ? 0 : entry.uid,
    gid: entry.gid > largestOctal7 ? 0 : entry.gid,
    sizeBytes: storedBytes > largestOctal11 ? 0 : storedBytes,
    modifiedSeconds: seconds < 0 || seconds > largestOctal11 ? 0 : seconds,
    typeFlag: typeFlagOf(entry),
    linkName: target.slice(0, field.linkName[1]),
    device: entry.type === "device" ? entry : { major: 0, minor: 0 },
  });
  const parts = records.length === 0 ? [header] : [...formatExtendedHeader(records), header];
  return Buffer.concat(map ? [...parts, map] : parts);
}

/** Zeros that fill up data of this length to whole blocks. */
export function paddingAfter(dataBytes: number): Buffer {
  return zeros.subarray(0, padded(dataBytes) - dataBytes);
}

/** What ends an archive: two blocks of zeros. */
export const endOfArchive: Buffer = zeros;

/** What stands in the place of a sparse file's name, for readers that do not know sparse files. */
const sparsePlaceholder = "GNUSparseFile.0/sparse";

function storedBytesOf(entry: TarEntry, sparse: SparseData | undefined, map: Buffer | undefined): number {
  if (entry.type !== "file") return 0;
  if (!sparse) return entry.sizeBytes;
  return sparse.segments.reduce((sum, { length }) => sum + length, map?.length ?? 0);
}

/** The map of GNU sparse 1.0 (tar(5), "GNU tar pax archives"): as sparse-map.ts reads it. */
function formatSparseMap(segments: readonly Segment[]): Buffer {
  const lines = [segments.length, ...segments.flatMap(({ offset, length }) => [offset, length])];
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  return Buffer.concat([text, paddingAfter(text.length)]);
}

function formatExtendedHeader(records: readonly (readonly [string, ByteString])[]): Buffer[] {
  const body = formatPaxRecords(records);
  const header = formatHeader({
    name: { prefix: "", name: "PaxHeaders.0/x" },
    mode: 0o644,
    uid: 0,
    gid: 0,
    sizeBytes: body.length,
    modifiedSeconds: 0,
    typeFlag: "x",
    linkName: "",
    device: { major: 0, minor: 0 },
  });
  return [header, body, paddingAfter(body.length)];
}

interface SplitPath {
  readonly prefix: ByteString;
  readonly name: ByteString;
}

/** The path in ustar's two fields; undefined where they have no room for it. */
function splitPath(path: ByteString): SplitPath | undefined {
  if (path.length <= field.name[1]) return { prefix: "", name: path };
  // The slash between the two is not written; one at the end has to stay in the name.
  const slash = path.indexOf("/", path.length - field.name[1] - 1);
  if (slash <= 0 || slash > field.prefix[1] || slash === path.length - 1) return undefined;
  return { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
}

interface HeaderFields {
  readonly name: SplitPath;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly modifiedSeconds: number;
  readonly typeFlag: string;
  readonly linkName: ByteString;
  readonly device: { readonly major: number; readonly minor: number };
}

function formatHeader(fields: HeaderFields): Buffer {
  // Of its own memory, and so at a multiple of four.
  const block = Buffer.from(new ArrayBuffer(blockBytes));
  block.write(fields.name.name, field.name[0], "latin1");
  block.write(fields.name.prefix, field.prefix[0], "latin1");
  writeOctal(block, field.mode, fields.mode);
  writeOctal(block, field.uid, fields.uid);
  writeOctal(block, field.gid, fields.gid);
  writeOctal(block, field.size, fields.sizeBytes);
  writeOctal(block, field.modified, fields.modifiedSeconds);
  block.write(fields.typeFlag, field.typeFlag, "latin1");
  block.write(fields.linkName, field.linkName[0], "latin1");
  block.write("ustar\x0000", field.magic[0], "latin1");
  writeOctal(block, field.deviceMajor, fields.device.major);
  writeOctal(block, field.deviceMinor, fields.device.minor);
  writeChecksum(block);
  return block;
}

function writeOctal(block: Buffer, [start, length]: readonly [number, number], value: number): void {
  block.write(value.toString(8).padStart(length - 1, "0"), start, "latin1");
}

function writeChecksum(block: Buffer): void {
  const [start, length] = field.checksum;
  block.fill(" ", start, start + length);
  const sum = sumOfBytes(block);
  block.write(`${sum.toString(8).padStart(6, "0")}\0`, start, "latin1");
}

/**
 * Four bytes at a time, the even and the odd ones apart, in halves of 16 bits that 128 words do not fill: there is one for each file, and
 * byte by byte it took longer than all else that is written of a small one.
 */
function sumOfBytes(block: Buffer): number {
  const words = new Uint32Array(block.buffer, block.byteOffset, block.length / 4);
  let even = 0;
  let odd = 0;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? 0;
    even += word & 0x00ff00ff;
    odd += (word >>> 8) & 0x00ff00ff;
  }
  return (even & 0xffff) + (even >>> 16) + (odd & 0xffff) + (odd >>> 16);
}

function typeFlagOf(entry: TarEntry): string {
  switch (entry.type) {
    case "file":
      return "0";
    case "hard-link":
      return "1";
    case "symbolic-link":
      return "2";
    case "device":
      return entry.kind === "character" ? "3" : "4";
    case "directory":
      return "5";
    case "fifo":
      return "6";
  }
}
