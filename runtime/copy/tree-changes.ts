import { lstatSync, readdirSync } from "node:fs";
import { joinPath } from "../layer/entry-path.ts";
import type { LowerLayers } from "../layer/lower-layers.ts";
import { findMountStubs } from "../layer/mount-stubs.ts";
import { isWhiteoutNode, readAttributes } from "../layer/tree-entry.ts";
import type { ByteString } from "../sys/file-calls.ts";
import type { Change } from "./copy-job.ts";

/**
 * What the working directory, the upper one of an overlay, changes of the layers below, in the order of the names. Places that the
 * runtime has made for its mounts are left out.
 */
export function listChanges(lowers: LowerLayers, mountPoints: readonly ByteString[]): Change[] {
  const stubs = findMountStubs(mountPoints, lowers);
  const changes: Change[] = [];
  const stack: ByteString[] = namesIn("").toReversed();
  for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
    const status = lstatSync(Buffer.from(path, "latin1"), { bigint: true, throwIfNoEntry: false });
    if (!status || stubs.has(path)) continue;
    const here = path;
    const isDeletion = isWhiteoutNode(status, () => readAttributes(here));
    // A whiteout of what was never there is an overlay's own bookkeeping.
    if (isDeletion && !lowers.has(path)) continue;
    changes.push({ kind: isDeletion ? "D" : lowers.has(path) ? "C" : "A", path: `/${path}` });
    if (status.isDirectory()) for (const name of namesIn(path).toReversed()) stack.push(joinPath(path, name));
  }
  return changes;
}

function namesIn(path: ByteString): ByteString[] {
  const names = readdirSync(Buffer.from(path || ".", "latin1"), { encoding: "latin1" });
  return names.sort((a, b) => (a < b ? -1 : 1));
}
