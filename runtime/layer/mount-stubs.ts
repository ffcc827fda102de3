import { lstatSync, readdirSync, type Stats } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { ByteString } from "../sys/file-calls.ts";
import { isOpaqueDirectory } from "./deletion-marks.ts";
import { joinPath, parentOf } from "./entry-path.ts";
import type { LowerLayers } from "./lower-layers.ts";

/**
 * What a runtime has made below the working directory only to mount something on it: empty files and directories at the
 * mount points, directories made to hold these, and directories of lower layers that are there for nothing else.
 * That is no part of what the container did, and not of its layer.
 * @param mountPoints clean paths
 */
export function findMountStubs(
  mountPoints: readonly ByteString[],
  lowers: LowerLayers,
): ReadonlySet<ByteString> {
  const stubs = new Set<ByteString>();
  const candidates = new Set<ByteString>();
  for (const point of mountPoints)
    for (let path = point; path !== ""; path = parentOf(path)) candidates.add(path);
  // What is in a directory comes before it.
  const deepestFirst = [...candidates].sort((a, b) => b.split("/").length - a.split("/").length);
  for (const path of deepestFirst) {
    const status = statusOf(path);
    if (!status) continue;
    const lower = lowers.status(path);
    const isStub = status.isDirectory()
      ? holdsOnly(path, stubs) &&
        (!lower?.isDirectory() || (isSameDirectory(lower, status) && !isOpaqueDirectory(path)))
      : // A link of a lower layer may have been covered, so that the runtime does not follow it.
        status.isFile() && status.size === 0 && !lower?.isFile();
    if (isStub) stubs.add(path);
  }
  return stubs;
}

function isSameDirectory(a: Stats, b: Stats): boolean {
  return a.isDirectory() && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

function holdsOnly(directory: ByteString, stubs: ReadonlySet<ByteString>): boolean {
  const names = readdirSync(Buffer.from(directory, "latin1"), { encoding: "latin1" });
  return names.every((name) => stubs.has(joinPath(directory, name)));
}

function statusOf(path: ByteString): Stats | undefined {
  try {
    return lstatSync(Buffer.from(path, "latin1"));
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
