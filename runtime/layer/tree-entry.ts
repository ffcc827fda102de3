import { type BigIntStats, readlinkSync } from "node:fs";
import { type ByteString, type FileTime, getAttribute, listAttributes } from "../sys/file-calls.ts";
import { isMark, isOpaqueMark, isWhiteoutMark } from "./deletion-marks.ts";
import { printable, unsupportedLayer } from "./layer-error.ts";
import { isForArchives } from "./layer-writer.ts";
import { isPaxKey } from "./pax.ts";
import { parseOwner, recordedOwnerAttribute } from "./recorded-owner.ts";
import type { TarEntry } from "./tar-entry.ts";

/** Whose the files are said to be. */
export type OwnerSource =
  /** As they are, in the ids of the worker's user namespace. */
  | { readonly kind: "files" }
  /** All are the user's own: root's, unless an attribute says otherwise (recorded-owner.ts). */
  | { readonly kind: "recorded" }
  | { readonly kind: "fixed"; readonly uid: number; readonly gid: number };

/** How a file of a tree is described in an archive. */
export interface DescriptionRules {
  readonly owners: OwnerSource;
  /** Seconds since 1970: later times become this one (reproducible-builds.org, SOURCE_DATE_EPOCH). */
  readonly latestSeconds: number | undefined;
}

/** The extended attributes of one file, as far as they matter here. */
export interface TreeAttributes {
  /** Those that go into the archive. */
  readonly archived: ReadonlyMap<ByteString, Buffer>;
  /** The overlay's own, which are about this tree and no other. */
  readonly overlay: ReadonlyMap<ByteString, Buffer>;
  /** Names of those that no archive can hold. */
  readonly dropped: readonly ByteString[];
}

const overlayPrefix = "user.overlay.";
/** An overlay with these features keeps the contents of a renamed or changed file in a lower layer. */
const references = [`${overlayPrefix}redirect`, `${overlayPrefix}metacopy`];

/** Reads a file's attributes. Throws `unsupported` where the tree is not complete by itself. */
export function readAttributes(path: ByteString): TreeAttributes {
  const archived = new Map<ByteString, Buffer>();
  const overlay = new Map<ByteString, Buffer>();
  const dropped: ByteString[] = [];
  for (const name of listAttributes(path || ".")) {
    if (references.includes(name))
      throw unsupportedLayer(
        `${printable(path)} refers to a lower layer (${name}): the overlay was mounted with redirect_dir or metacopy, which cntnr does not do`,
      );
    const isOverlays = isMark(name);
    if (!isOverlays && !isForArchives(name)) continue;
    const value = getAttribute(path || ".", name);
    if (!value) continue; // gone meanwhile
    if (isOverlays) overlay.set(name, value);
    else if (isPaxKey(name)) archived.set(name, value);
    else dropped.push(name);
  }
  return { archived, overlay, dropped };
}

export function isOpaque({ overlay }: TreeAttributes): boolean {
  return [...overlay].some(([name, value]) => isOpaqueMark(name) && value.toString() === "y");
}

/** A whiteout of the tree, as deletion-marks.ts has them, without asking for attributes twice. */
export function isWhiteoutNode(status: BigIntStats, attributes: () => TreeAttributes): boolean {
  if (status.isCharacterDevice()) return status.rdev === 0n;
  return status.isFile() && status.size === 0n && [...attributes().overlay.keys()].some(isWhiteoutMark);
}

const perSecond = 1_000_000_000n;

/** Modification time in whole seconds. */
export function archivedTime(status: BigIntStats, { latestSeconds }: DescriptionRules): FileTime {
  const nanoseconds = ((status.mtimeNs % perSecond) + perSecond) % perSecond;
  const seconds = Number((status.mtimeNs - nanoseconds) / perSecond);
  return { seconds: Math.min(seconds, latestSeconds ?? seconds), nanoseconds: 0 };
}

/** The archive's entry for what is at `path`; undefined for what archives do not have: sockets. */
export function describeFile(
  path: ByteString,
  status: BigIntStats,
  attributes: TreeAttributes,
  rules: DescriptionRules,
): TarEntry | undefined {
  const recorded =
    rules.owners.kind === "recorded" ? attributes.archived.get(recordedOwnerAttribute) : undefined;
  const base = {
    path,
    mode: Number(status.mode) & 0o7777,
    ...ownerOf(status, rules.owners, recorded),
    modified: archivedTime(status, rules),
    attributes: recorded ? without(attributes.archived, recordedOwnerAttribute) : attributes.archived,
  };
  if (status.isFile()) return { ...base, type: "file", sizeBytes: Number(status.size), isSparse: false };
  if (status.isDirectory()) return { ...base, type: "directory" };
  if (status.isSymbolicLink()) {
    const target = readlinkSync(Buffer.from(path, "latin1"), { encoding: "latin1" });
    // Their permissions are never looked at, and differ between file systems.
    return { ...base, mode: 0o777, type: "symbolic-link", target };
  }
  if (status.isFIFO()) return { ...base, type: "fifo" };
  if (!status.isCharacterDevice() && !status.isBlockDevice()) return undefined;
  const kind = status.isCharacterDevice() ? "character" : "block";
  return { ...base, type: "device", kind, ...deviceNumbers(status.rdev) };
}

function ownerOf(
  status: BigIntStats,
  owners: OwnerSource,
  recorded: Buffer | undefined,
): { readonly uid: number; readonly gid: number } {
  switch (owners.kind) {
    case "files":
      return { uid: Number(status.uid), gid: Number(status.gid) };
    case "recorded":
      return (recorded && parseOwner(recorded)) ?? { uid: 0, gid: 0 };
    case "fixed":
      return { uid: owners.uid, gid: owners.gid };
  }
}

/** As makedev(3) packs them. */
function deviceNumbers(device: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)),
    minor: Number((device & 0xffn) | ((device >> 12n) & ~0xffn)),
  };
}

function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
