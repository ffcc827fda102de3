import {
  existsSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import * as v from "valibot";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { randomBytes } from "../sys/random.ts";
import { readIfThere } from "../sys/read-text.ts";
import type { IdMapping, IdMappings } from "../userns/id-mappings.ts";
import type { Directories } from "./directories.ts";
import { syncDirectory } from "./replace-file.ts";
import { replaceSharedFile, shareLikeStore } from "./sharing.ts";
import type { TemporaryKey } from "./temporary.ts";

/*
 *     <data>/layers/<name>/tree         the layer's root directory, with whatever owner and mode the image gives it
 *     <data>/layers/<name>/layer.json   a LayerRecord
 *     <data>/layers/<name>/marked       there when the tree says in our own way what it deletes: no overlay may be mounted on it
 *     <data>/l/<link>                -> ../layers/<name>/tree
 *
 * A layer appears by one rename, of the whole or, where a build has placed the tree before it was durable, of the record; and does not
 * change any more. The tree is a level below the renamed directory, because a directory of another owner (a sub-id) could not be
 * moved.
 */

const recordSchema = v.object({
  /** The name in <data>/l. */
  link: v.pipe(v.string(), v.regex(/^[a-z0-9]{6}$/)),
  /** Sum of the sizes of all files. */
  contentBytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Directories without an entry of their own in the layer's archive, as byte strings; "" is the root. */
  impliedDirectories: v.array(v.string()),
  /** The layer hides all that is below it. */
  isRootOpaque: v.boolean(),
});

/** What is known of an unpacked layer. */
export type LayerRecord = Readonly<v.InferOutput<typeof recordSchema>>;

/**
 * The directory name of what is unpacked from this digest (hexadecimal SHA-256). It also says by which mappings the
 * files got their owners: after a change of /etc/subuid they would be somebody else's, so they are unpacked anew.
 */
export function layerName(hexDigest: string, mappings: IdMappings): string {
  return `${hexDigest}-${mappingsTag(mappings)}`;
}

/** Short for the mappings: `one` for the user's own id alone, else a sum of them. */
export function mappingsTag(mappings: IdMappings): string {
  if (!mappings.subordinate) return "one";
  const text = [...mappings.uids, { containerId: -1, hostId: -1, size: -1 }, ...mappings.gids].map(
    mappingText,
  );
  return `s${fnv1a(text.join())}`;
}

function mappingText({ containerId, hostId, size }: IdMapping): string {
  return `${containerId}:${hostId}:${size}`;
}

/** FNV-1a, 32 bits: tells the few mappings that one user ever has apart, at no cost for the start of a container. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}

/** The path for an overlay's mount options. A link of another store comes as a path, and is one. */
export function layerLinkPath(directories: Directories, link: string): string {
  return isAbsolute(link) ? link : join(directories.layerLinks, link);
}

/** The record of a layer that is unpacked; undefined when it is not. */
export function readLayer(directories: Directories, name: string): LayerRecord | undefined {
  const text = readIfThere(join(directories.layers, name, "layer.json"));
  if (text === undefined) return undefined;
  const record = v.safeParse(recordSchema, parseJson(text));
  if (record.success) return record.output;
  throw new CntnrError(
    "corrupt",
    `${join(directories.layers, name)}: layer.json is damaged; remove that directory`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is known of a new layer. */
export type LayerContent = Omit<LayerRecord, "link"> & {
  /** Its tree says in our own way what it deletes (runtime/layer/deletion-marks.ts). */
  readonly hasOwnMarks: boolean;
};

const markedName = "marked";

function mark(directories: Directories, temporary: string): void {
  replaceSharedFile(directories, join(temporary, markedName), "");
}

/** Whether the layer behind a path in <data>/l says in our own way what it deletes, so that the kernel does not understand it. */
export function hasOwnMarks(path: string): boolean {
  // Not joined: the link is followed before the "..".
  return existsSync(`${path}/../${markedName}`);
}

/**
 * Makes a layer of `temporary`, which holds its durable `tree`. The link comes first: a crash in between leaves a link to
 * nothing, which is found as such; a layer without its link would not be.
 */
export function publishLayer(
  directories: Directories,
  name: string,
  temporary: string,
  { hasOwnMarks, ...content }: LayerContent,
): LayerRecord {
  const record: LayerRecord = { ...content, link: makeLink(directories, name) };
  replaceSharedFile(directories, join(temporary, "layer.json"), JSON.stringify(record));
  if (hasOwnMarks) mark(directories, temporary);
  shareLikeStore(directories, temporary);
  renameSync(temporary, join(directories.layers, name));
  return record;
}

/**
 * Brings a tree that need not be durable yet to where it is going to stay as a layer, for whoever has made it: without its record, which
 * {@link completeLayer} adds, nobody else takes it to be there. Only with the layer's key (takeKey).
 */
export function placeLayer(
  directories: Directories,
  name: string,
  temporary: string,
  { hasOwnMarks, ...content }: LayerContent,
): LayerRecord {
  const record: LayerRecord = { ...content, link: makeLink(directories, name) };
  if (hasOwnMarks) mark(directories, temporary);
  shareLikeStore(directories, temporary);
  renameSync(temporary, join(directories.layers, name));
  return record;
}

/** The text of a placed layer's record, in a file that is to be given to {@link completeLayer} once it is durable. */
export function writeLayerRecord(directories: Directories, path: string, record: LayerRecord): void {
  writeFileSync(path, JSON.stringify(record), { flag: "wx", mode: 0o600 });
  shareLikeStore(directories, path);
}

/** Makes a placed layer known. It, and the file with its record, are durable by now; this is, when the call has returned. */
export function completeLayer(directories: Directories, name: string, recordPath: string): void {
  renameSync(recordPath, join(directories.layers, name, "layer.json"));
  syncDirectory(join(directories.layers, name));
}

/** Takes away what was placed and never completed, because its maker was killed. Only with the layer's key, among whose things it then is. */
export function withdrawUnfinished(directories: Directories, name: string, key: TemporaryKey): void {
  const path = join(directories.layers, name);
  if (existsSync(path) && !existsSync(join(path, "layer.json"))) renameSync(path, key.newPath());
}

/** Makes a layer's link anew that somebody has removed. */
export function ensureLink(directories: Directories, name: string, { link }: LayerRecord): void {
  try {
    symlinkSync(join("../layers", name, "tree"), layerLinkPath(directories, link));
  } catch (error) {
    if (!hasErrno(error, "EEXIST")) throw error;
  }
}

function makeLink(directories: Directories, name: string): string {
  for (;;) {
    const link = [...randomBytes(6)].map((byte) => (byte % 36).toString(36)).join("");
    try {
      symlinkSync(join("../layers", name, "tree"), layerLinkPath(directories, link));
      return link;
    } catch (error) {
      if (!hasErrno(error, "EEXIST")) throw error;
    }
  }
}

/** The names of the layers behind paths in <data>/l; paths that are no such links are left out. */
export function layerNamesOf(paths: Iterable<string>): Set<string> {
  const names = new Set<string>();
  for (const path of paths) {
    const name = linkedLayer(path);
    if (name !== undefined) names.add(name);
  }
  return names;
}

function linkedLayer(path: string): string | undefined {
  try {
    return basename(dirname(readlinkSync(path)));
  } catch (error) {
    if (hasErrno(error, "ENOENT", "EINVAL", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** The names of all unpacked layers. */
export function listLayers(directories: Directories): string[] {
  return readdirSync(directories.layers).filter((name) => /^[a-f0-9]{64}-[a-z0-9]+$/.test(name));
}

/** The records of everything that is unpacked from this digest (hexadecimal), for whichever mappings. */
export function readLayersOf(
  directories: Directories,
  hexDigest: string,
): { readonly name: string; readonly record: LayerRecord }[] {
  return listLayers(directories)
    .filter((name) => name.startsWith(`${hexDigest}-`))
    .flatMap((name) => {
      const record = readLayer(directories, name);
      return record ? [{ name, record }] : [];
    });
}

/** Takes a layer away by one rename; the caller removes it from `destination`, and then the links to nothing. */
export function withdrawLayer(directories: Directories, name: string, destination: string): void {
  renameSync(join(directories.layers, name), destination);
}

/** Removes the links whose layer is gone. Only under the exclusive lock of the store. */
export function removeDanglingLinks(directories: Directories): void {
  const names = new Set(listLayers(directories));
  for (const link of readdirSync(directories.layerLinks)) {
    const path = layerLinkPath(directories, link);
    const name = linkedLayer(path);
    if (name !== undefined && !names.has(name)) rmSync(path, { force: true });
  }
}
