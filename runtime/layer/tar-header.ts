import type { ByteString } from "../sys/file-calls.ts";
import { damagedLayer, printable } from "./layer-error.ts";

export const blockBytes = 512;

/** A length filled up to whole blocks. */
export function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / blockBytes) * blockBytes;
}

/** The fields of a header block, before pax records and long names override them. */
export interface TarHeader {
  readonly name: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly modifiedSeconds: number;
  /** One character; "\0" is an old way to say "0". */
  readonly typeFlag: string;
  readonly linkName: ByteString;
  /** Of a device; else 0. */
  readonly deviceMajor: number;
  readonly deviceMinor: number;
}

/** Offsets and lengths of POSIX.1-1988 ustar (pax(1), "ustar Interchange Format"); GNU tar's agree up to 345. */
export const field = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  modified: [136, 12],
  checksum: [148, 8],
  typeFlag: 156,
  linkName: [157, 100],
  magic: [257, 6],
  deviceMajor: [329, 8],
  deviceMinor: [337, 8],
  prefix: [345, 155],
  starPrefix: [345, 131],
  starTrailer: [508, 4],
} as const;

/** Reads a header block; undefined when it is all zeros (half of the end mark). Throws when it is none. */
export function parseHeader(block: Buffer): TarHeader | undefined {
  if (!hasChecksum(block)) {
    if (block.every((byte) => byte === 0)) return undefined;
    throw damagedLayer("not a tar archive, or damaged: a header's checksum is wrong");
  }
  const name = text(block, ...field.name);
  const prefix = prefixOf(block);
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    mode: numberAt(block, ...field.mode, "mode"),
    uid: numberAt(block, ...field.uid, "uid"),
    gid: numberAt(block, ...field.gid, "gid"),
    sizeBytes: numberAt(block, ...field.size, "size"),
    modifiedSeconds: numberAt(block, ...field.modified, "mtime"),
    typeFlag: String.fromCharCode(block[field.typeFlag] ?? 0),
    linkName: text(block, ...field.linkName),
    deviceMajor: deviceNumber(block, field.deviceMajor),
    deviceMinor: deviceNumber(block, field.deviceMinor),
  };
}

/** What a header's digits have room for; Linux has 12 bits for one half and 20 for the other. */
const largestDeviceNumber = 0o7777777;

/** The oldest format has no devices, and keeps other things where later ones have their numbers. */
function deviceNumber(block: Buffer, [start, length]: readonly [number, number]): number {
  const type = block[field.typeFlag];
  const isDevice = type === 0x33 || type === 0x34;
  const hasNumbers = block.toString("latin1", field.magic[0], field.magic[0] + 5) === "ustar";
  if (!isDevice || !hasNumbers) return 0;
  const number = numberAt(block, start, length, "device number");
  if (number >= 0 && number <= largestDeviceNumber) return number;
  throw damagedLayer(`a device with the impossible number ${number}`);
}

/** Only ustar has a prefix; old GNU headers keep other things there, and star's is shorter. */
function prefixOf(block: Buffer): ByteString {
  if (block.toString("latin1", field.magic[0], field.magic[0] + field.magic[1]) !== "ustar\0") return "";
  const isStar = text(block, ...field.starTrailer) === "tar";
  return isStar ? text(block, ...field.starPrefix) : text(block, ...field.prefix);
}

/** The sum of all bytes with the checksum's own as spaces; some old programs added signed bytes. */
function hasChecksum(block: Buffer): boolean {
  const [start, length] = field.checksum;
  let unsigned = 32 * length;
  let negative = 0;
  for (let index = 0; index < blockBytes; index++) {
    if (index === start) index += length;
    const byte = block[index] ?? 0;
    unsigned += byte;
    if (byte >= 128) negative++;
  }
  const digits = text(block, start, length).trim();
  if (!/^[0-7]+$/.test(digits)) return false;
  const expected = Number.parseInt(digits, 8);
  return expected === unsigned || expected === unsigned - 256 * negative;
}

/** A string that ends at its NUL or fills its field. */
export function text(block: Buffer, start: number, length: number): ByteString {
  const end = block.indexOf(0, start);
  return block.toString("latin1", start, end < 0 || end > start + length ? start + length : end);
}

/** A number: octal digits, or base-256 where the first bit is set (two's complement, as GNU tar writes). */
export function numberAt(block: Buffer, start: number, length: number, what: string): number {
  const first = block[start] ?? 0;
  if (first >= 128) return base256At(block, start, length, what);
  const digits = text(block, start, length).trim();
  if (digits === "") return 0;
  if (!/^[0-7]+$/.test(digits)) throw damagedLayer(`a header's ${what} is no number: ${printable(digits)}`);
  return Number.parseInt(digits, 8);
}

function base256At(block: Buffer, start: number, length: number, what: string): number {
  const first = block[start] ?? 0;
  let value = BigInt(first & 0x40 ? first - 256 : first & 0x3f);
  for (const byte of block.subarray(start + 1, start + length)) value = (value << 8n) | BigInt(byte);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw damagedLayer(`a header's ${what} is too large a number`);
  return number;
}
