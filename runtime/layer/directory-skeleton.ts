import { lstatSync, readdirSync, type Stats } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";
import { type ByteString, makeDirectory, setMode } from "../sys/file-calls.ts";
import { isOpaqueDirectory, makeOpaque } from "./deletion-marks.ts";
import { joinPath } from "./entry-path.ts";

/*
 * Layers of another user's store have files that are nobody's in our containers, and in a directory that is nobody's
 * not even root of the container may make a file. So an image of such layers gets one more layer on top: all its
 * directories, as the user's own.
 */

/** Makes below the working directory all directories that an overlay of these layers (root directories, lowest first) shows; returns how many. */
export function copyDirectories(layers: readonly string[]): number {
  const roots = layers.map((path) => Buffer.from(path).toString("latin1")).reverse();
  let count = 0;
  const pending: { readonly path: ByteString; readonly sources: readonly ByteString[] }[] = [
    { path: "", sources: roots },
  ];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { path, sources } = next;
    const listed = sources.map(namesIn);
    if (listed.includes(undefined)) {
      // The user may not look into it, and an overlay would fail where it tries.
      if (path !== "") makeOpaque(path);
      continue;
    }
    for (const name of new Set(listed.flatMap((names) => names ?? []))) {
      const visible = visibleDirectories(sources, name);
      if (!visible) continue;
      const child = joinPath(path, name);
      makeDirectory(child, 0o700);
      setMode(child, visible.mode);
      pending.push({ path: child, sources: visible.sources });
      count++;
    }
  }
  return count;
}

interface VisibleDirectory {
  readonly mode: number;
  /** Where its contents come from, the uppermost first. */
  readonly sources: readonly ByteString[];
}

/** What an overlay shows at `name`, if that is a directory: what is above hides what is below a file or an opaque directory. */
function visibleDirectories(parents: readonly ByteString[], name: ByteString): VisibleDirectory | undefined {
  const sources: ByteString[] = [];
  let mode: number | undefined;
  for (const parent of parents) {
    const location = `${parent}/${name}`;
    const status = statusOf(location);
    if (!status) continue;
    if (!status.isDirectory()) break;
    mode ??= status.mode & 0o7777;
    sources.push(location);
    if (isOpaque(location)) break;
  }
  return mode === undefined ? undefined : { mode, sources };
}

/** What may not be read is: nothing of it is shown, nor of what is below it. */
function isOpaque(location: ByteString): boolean {
  try {
    return isOpaqueDirectory(location);
  } catch (error) {
    if (hasErrno(error, "EACCES", "EPERM")) return true;
    throw error;
  }
}

function statusOf(location: ByteString): Stats | undefined {
  return lstatSync(Buffer.from(location, "latin1"), { throwIfNoEntry: false });
}

/** Undefined for a directory that may not be read. */
function namesIn(location: ByteString): ByteString[] | undefined {
  try {
    return readdirSync(Buffer.from(location, "latin1"), { encoding: "latin1" });
  } catch (error) {
    if (hasErrno(error, "EACCES", "EPERM")) return undefined;
    throw error;
  }
}
