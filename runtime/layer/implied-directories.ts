import { lstatSync, type Stats } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";
import {
  type ByteString,
  getAttribute,
  listAttributes,
  makeDirectory,
  setAttribute,
  setMode,
  setOwner,
  setTimes,
} from "../sys/file-calls.ts";
import { isOpaqueDirectory } from "./deletion-marks.ts";
import { parentOf } from "./entry-path.ts";
import { impliedMode, isForArchives } from "./layer-writer.ts";

/*
 * Many builders write layers whose entries are in directories that have no entry: `tmp/x` without `tmp/`. Such a directory
 * has to be made up, and in an overlay the uppermost directory's owner and mode are what is seen: /tmp would
 * lose its sticky bit. So an image gets one more layer on top, with the directories as the lower layers have them.
 */

/** An unpacked layer. */
export interface LayerTree {
  /** Absolute path of its root directory. */
  readonly path: string;
  readonly impliedDirectories: readonly ByteString[];
}

/** What a layer says of a path. */
type Sight =
  /** Nothing; `hides`: and lower layers are not seen there either. */
  | { readonly kind: "absent"; readonly hides: boolean }
  /** A file, a link or a whiteout: whatever lower layers have there is not seen. */
  | { readonly kind: "not-a-directory" }
  | { readonly kind: "directory"; readonly hides: boolean; readonly location: ByteString };

/**
 * Makes below the working directory those directories that layers (lowest first) only imply and that are different in
 * a layer below; returns how many. Root of the layers' user namespace has to do it. Links in the layers are not followed.
 */
export function completeDirectories(layers: readonly LayerTree[]): number {
  const trees = layers.map((layer) => ({
    root: Buffer.from(layer.path).toString("latin1"),
    implied: new Set(layer.impliedDirectories),
  }));
  const sources = new Map<ByteString, ByteString>();
  for (const path of new Set(layers.slice(1).flatMap((layer) => layer.impliedDirectories))) {
    const source = trueSource(trees, path);
    if (source?.isOverridden && differsFromImplied(source.location)) sources.set(path, source.location);
  }
  const count = sources.size;
  for (const path of [...sources.keys()])
    for (let parent = path; parent !== ""; ) {
      parent = parentOf(parent);
      const source = trueSource(trees, parent);
      if (source && !sources.has(parent)) sources.set(parent, source.location);
    }
  const inOrder = [...sources].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path] of inOrder) if (path !== "") makeDirectory(path, impliedMode);
  // Children first: what is made in a directory changes its time.
  for (const [path, location] of inOrder.toReversed()) copyDescription(location, path || ".");
  return count;
}

interface Tree {
  readonly root: ByteString;
  readonly implied: ReadonlySet<ByteString>;
}

interface Source {
  /** The directory whose owner, mode and attributes the image means. */
  readonly location: ByteString;
  /** A layer above it implies the directory, and would be seen instead. */
  readonly isOverridden: boolean;
}

/** Looks down through the layers as the overlay will. Undefined where no layer has an entry for the directory. */
function trueSource(trees: readonly Tree[], path: ByteString): Source | undefined {
  let isOverridden = false;
  for (const tree of trees.toReversed()) {
    const sight = look(tree.root, path);
    if (sight.kind === "not-a-directory") return undefined;
    if (sight.kind === "directory") {
      if (!tree.implied.has(path)) return { location: sight.location, isOverridden };
      isOverridden = true;
    }
    if (sight.hides) return undefined;
  }
  return undefined;
}

function look(root: ByteString, path: ByteString): Sight {
  let location = root;
  let hides = false;
  for (const component of path === "" ? [] : path.split("/")) {
    location = `${location}/${component}`;
    const status = statusOf(location);
    if (!status) return { kind: "absent", hides };
    if (!status.isDirectory()) return { kind: "not-a-directory" };
    hides ||= isOpaqueDirectory(location);
  }
  return { kind: "directory", hides, location };
}

function differsFromImplied(location: ByteString): boolean {
  const { uid, gid, mode } = lstatSync(Buffer.from(location, "latin1"));
  return (mode & 0o7777) !== impliedMode || uid !== 0 || gid !== 0 || attributesOf(location).length > 0;
}

function copyDescription(from: ByteString, to: ByteString): void {
  const { uid, gid, mode, mtimeNs } = lstatSync(Buffer.from(from, "latin1"), { bigint: true });
  setOwner(to, Number(uid), Number(gid));
  setMode(to, Number(mode) & 0o7777);
  for (const name of attributesOf(from)) {
    const value = getAttribute(from, name);
    if (value) setAttribute(to, name, value);
  }
  const perSecond = 1_000_000_000n;
  const nanoseconds = ((mtimeNs % perSecond) + perSecond) % perSecond;
  setTimes(to, {
    seconds: Number((mtimeNs - nanoseconds) / perSecond),
    nanoseconds: Number(nanoseconds),
  });
}

function attributesOf(location: ByteString): ByteString[] {
  return listAttributes(location).filter(isForArchives);
}

function statusOf(location: ByteString): Stats | undefined {
  try {
    return lstatSync(Buffer.from(location, "latin1"));
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
