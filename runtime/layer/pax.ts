import { isUtf8 } from "node:buffer";
import type { ByteString, FileTime } from "../sys/file-calls.ts";
import { damagedLayer, printable } from "./layer-error.ts";

/** Extended header records (pax(1), "pax Extended Header"), with GNU's way of repeating two of them kept apart. */
export interface PaxRecords {
  readonly values: ReadonlyMap<string, ByteString>;
  /** The numbers of GNU.sparse.offset and GNU.sparse.numbytes in the order in which they stand (GNU sparse 0.0). */
  readonly sparseNumbers: readonly ByteString[];
}

export const noRecords: PaxRecords = { values: new Map(), sparseNumbers: [] };

const attributePrefix = "SCHILY.xattr.";

/** Parses "length key=value\n" records. Values stay bytes: an attribute's may be anything, NUL included. */
export function parsePaxRecords(body: ByteString): PaxRecords {
  const values = new Map<string, ByteString>();
  const sparseNumbers: ByteString[] = [];
  for (let start = 0; start < body.length; ) {
    const [key, value, end] = recordAt(body, start);
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") sparseNumbers.push(value);
    else values.set(key, value);
    start = end;
  }
  return { values, sparseNumbers };
}

function recordAt(body: ByteString, start: number): readonly [string, ByteString, number] {
  const space = body.indexOf(" ", start);
  const digits = space < 0 ? "" : body.slice(start, space);
  const end = start + Number(digits);
  const equals = body.indexOf("=", space);
  if (
    !/^[1-9]\d{0,8}$/.test(digits) ||
    end > body.length ||
    body[end - 1] !== "\n" ||
    equals < 0 ||
    equals >= end
  )
    throw damagedLayer(`an extended header is malformed at ${printable(body.slice(start, start + 40))}`);
  const key = body.slice(space + 1, equals);
  const value = body.slice(equals + 1, end - 1);
  if (key === "" || key.includes("\0")) throw damagedLayer("an extended header's record has no proper name");
  if (!key.startsWith(attributePrefix) && value.includes("\0"))
    throw damagedLayer(`an extended header's ${printable(key)} has a NUL byte`);
  return [key, value, end];
}

/** What holds for an entry: its own records over the archive's global ones. An empty value takes back a global. */
export function mergeRecords(globals: PaxRecords, own: PaxRecords): PaxRecords {
  if (globals.values.size === 0) return own;
  return { values: new Map([...globals.values, ...own.values]), sparseNumbers: own.sparseNumbers };
}

/** A string record; undefined when it is not there or empty, so that the header's field holds. */
export function textRecord(records: PaxRecords, key: string): ByteString | undefined {
  return records.values.get(key) || undefined;
}

/** A record that is a count: decimal digits. */
export function countRecord(records: PaxRecords, key: string): number | undefined {
  const value = textRecord(records, key);
  return value === undefined ? undefined : parseCount(value, key);
}

export function parseCount(digits: ByteString, what: string): number {
  const value = Number(digits);
  if (!/^\d{1,16}$/.test(digits) || !Number.isSafeInteger(value))
    throw damagedLayer(`an extended header's ${what} is no number: ${printable(digits)}`);
  return value;
}

/** A record that is a time: decimal seconds with a fraction, possibly before 1970. Finer than a nanosecond is cut. */
export function timeRecord(records: PaxRecords, key: string): FileTime | undefined {
  const value = textRecord(records, key);
  if (value === undefined) return undefined;
  const match = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(value);
  if (!match) throw damagedLayer(`an extended header's ${key} is no time: ${printable(value)}`);
  const seconds = Number(match[2]);
  const nanoseconds = Number((match[3] ?? "").slice(0, 9).padEnd(9, "0"));
  if (match[1] === "") return { seconds, nanoseconds };
  return nanoseconds === 0
    ? { seconds: 0 - seconds, nanoseconds }
    : { seconds: -seconds - 1, nanoseconds: 1e9 - nanoseconds };
}

/** The extended attributes among the records. */
export function attributeRecords(records: PaxRecords): ReadonlyMap<ByteString, Buffer> {
  const attributes = new Map<ByteString, Buffer>();
  for (const [key, value] of records.values)
    if (key.startsWith(attributePrefix))
      attributes.set(key.slice(attributePrefix.length), Buffer.from(value, "latin1"));
  return attributes;
}

/** Whether a record can have this key: readers take the first "=" for its end. */
export function isPaxKey(key: ByteString): boolean {
  return key !== "" && !key.includes("=") && !key.includes("\0");
}

/**
 * Writes "length key=value\n" records. Names that are no UTF-8 are kept byte for byte, which pax allows once it is told
 * so (hdrcharset); attributes' values are bytes for everybody.
 */
export function formatPaxRecords(records: readonly (readonly [string, ByteString])[]): Buffer {
  const isBinary = records.some(
    ([key, value]) => !key.startsWith(attributePrefix) && !isUtf8(bytesOf(value)),
  );
  const all = isBinary ? [["hdrcharset", "BINARY"] as const, ...records] : records;
  return Buffer.concat(all.map(([key, value]) => formatRecord(key, value)));
}

function formatRecord(key: string, value: ByteString): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  // The length counts its own digits.
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return bytesOf(`${length}${rest}`);
}

function bytesOf(text: ByteString): Buffer {
  return Buffer.from(text, "latin1");
}
