import type { ByteString, FileTime } from "../sys/file-calls.ts";
import { cleanEntryPath } from "./entry-path.ts";
import { damagedLayer, printable, unsupportedLayer } from "./layer-error.ts";
import type { LayerLimits } from "./limits.ts";
import { attributeRecords, countRecord, type PaxRecords, textRecord, timeRecord } from "./pax.ts";
import type { TarEntry } from "./tar-entry.ts";
import type { TarHeader } from "./tar-header.ts";

/** Everything that was said of an entry before its data: its header, pax records, GNU's long names. */
export interface EntryHeaders {
  readonly header: TarHeader;
  readonly records: PaxRecords;
  readonly longName: ByteString | undefined;
  readonly longLinkName: ByteString | undefined;
}

/** 2^32 - 1 is chown(2)'s "leave as it is". */
const largestId = 0xffff_fffe;

/**
 * What an entry is, by its headers: long names win over pax records, which win over the header's fields. A
 * file's size is that of its stored data; the caller who knows sparse formats corrects it.
 */
export function describeEntry(headers: EntryHeaders, limits: LayerLimits): TarEntry {
  const { header, records } = headers;
  const name =
    headers.longName ?? textRecord(records, "GNU.sparse.name") ?? textRecord(records, "path") ?? header.name;
  const base = {
    path: cleanEntryPath(name, limits),
    mode: header.mode & 0o7777,
    uid: idOf(records, "uid", header.uid),
    gid: idOf(records, "gid", header.gid),
    modified: modifiedOf(header, records),
    attributes: attributeRecords(records),
  };
  for (const [attribute, value] of base.attributes)
    if (
      value.length > limits.attributeBytes ||
      attribute.length > limits.nameBytes ||
      attribute.includes("\0")
    )
      throw damagedLayer(`${printable(name)}: an extended attribute that no file could have`);
  const type = typeOf(header, name);
  if (base.path === "" && type !== "directory")
    throw damagedLayer(`a ${type} in the place of the root directory`);
  switch (type) {
    case "directory":
      return { ...base, type };
    case "file":
      return { ...base, type: "file", sizeBytes: storedBytesOf(header, records), isSparse: false };
    case "symbolic-link":
      return { ...base, type: "symbolic-link", target: symbolicTarget(linkNameOf(headers), name, limits) };
    case "hard-link":
      return { ...base, type, target: linkedPath(linkNameOf(headers), name, limits) };
    case "fifo":
      return { ...base, type: "fifo" };
    case "device":
      return {
        ...base,
        type: "device",
        kind: header.typeFlag === "3" ? "character" : "block",
        major: header.deviceMajor,
        minor: header.deviceMinor,
      };
  }
}

/** How many bytes of data follow the header; GNU sparse sizes in the records are of the whole file. */
export function storedBytesOf(header: TarHeader, records: PaxRecords): number {
  const sizeBytes = countRecord(records, "size") ?? header.sizeBytes;
  if (sizeBytes < 0) throw damagedLayer("an entry of a negative size");
  return sizeBytes;
}

function typeOf(header: TarHeader, name: ByteString): TarEntry["type"] {
  switch (header.typeFlag) {
    case "\0":
      // The oldest format has no type for directories, only the slash.
      return name.endsWith("/") ? "directory" : "file";
    case "0":
    case "7": // contiguous: a file like any other
    case "S": // old GNU sparse
      return "file";
    case "1":
      return "hard-link";
    case "2":
      return "symbolic-link";
    case "3":
    case "4":
      return "device";
    case "5":
    case "D": // a directory in an incremental dump of GNU tar
      return "directory";
    case "6":
      return "fifo";
    default:
      throw unsupportedLayer(
        `${printable(name)}: an entry of the unknown type ${printable(header.typeFlag)}`,
      );
  }
}

function linkNameOf({ header, records, longLinkName }: EntryHeaders): ByteString {
  return longLinkName ?? textRecord(records, "linkpath") ?? header.linkName;
}

/** A symbolic link may point anywhere: nothing follows it outside the container. */
function symbolicTarget(target: ByteString, name: ByteString, limits: LayerLimits): ByteString {
  if (target === "" || target.includes("\0") || target.length > limits.pathBytes)
    throw damagedLayer(`${printable(name)}: a symbolic link to ${printable(target)}`);
  return target;
}

/** Only files have several names. */
function linkedPath(target: ByteString, name: ByteString, limits: LayerLimits): ByteString {
  const path = cleanEntryPath(target, limits);
  if (path !== "") return path;
  throw damagedLayer(`${printable(name)}: a hard link to the root directory`);
}

function idOf(records: PaxRecords, key: "uid" | "gid", fromHeader: number): number {
  const id = countRecord(records, key) ?? fromHeader;
  if (id < 0 || id > largestId) throw damagedLayer(`an entry with the impossible ${key} ${id}`);
  return id;
}

function modifiedOf(header: TarHeader, records: PaxRecords): FileTime {
  return timeRecord(records, "mtime") ?? { seconds: header.modifiedSeconds, nanoseconds: 0 };
}
