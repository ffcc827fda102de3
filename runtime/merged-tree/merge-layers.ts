import { type BigIntStats, lstatSync, readdirSync } from "node:fs";
import { isOpaqueDirectory, isWhiteout } from "../layer/deletion-marks.ts";
import { joinPath } from "../layer/entry-path.ts";
import { type ByteString, makeDirectory } from "../sys/file-calls.ts";
import { bytes, copyDescription, NodeCopier } from "./copy-node.ts";

interface PendingDirectory {
  /** In the copy, relative to its root. */
  readonly path: ByteString;
  /** Where its contents come from, the uppermost first. */
  readonly sources: readonly ByteString[];
}

/**
 * Makes a directory a copy of what an overlay of directories shows; of several that are there the uppermost gives owner, mode and times.
 * Hard links within a layer stay links.
 * @param sources the uppermost first; at least one
 * @param into an empty directory below the working directory; by default that itself
 */
export function mergeDirectories(
  sources: readonly ByteString[],
  into: ByteString = "",
  copier: NodeCopier = new NodeCopier(),
): void {
  const made: { readonly path: ByteString; readonly from: ByteString; readonly status: BigIntStats }[] = [];
  const pending: PendingDirectory[] = [{ path: into, sources }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { path } = next;
    const [from = ""] = next.sources;
    made.push({ path, from, status: statusOf(from) ?? fail(from) });
    for (const name of namesIn(next.sources)) {
      const child = joinPath(path, name);
      const shown = lookUp(next.sources, name);
      if (shown?.kind === "node") copier.copy(shown.from, child, shown.status);
      if (shown?.kind !== "directory") continue;
      makeDirectory(child, 0o700);
      pending.push({ path: child, sources: shown.sources });
    }
  }
  // What is made in a directory changes its time, and needs the right to write to it.
  for (const { path, from, status } of made.reverse()) copyDescription(from, path || ".", status);
}

type Shown =
  | { readonly kind: "node"; readonly from: ByteString; readonly status: BigIntStats }
  | { readonly kind: "directory"; readonly sources: readonly ByteString[] };

/** What is seen of a name: the uppermost of it, or a directory with those below it, as far as nothing hides them. */
function lookUp(parents: readonly ByteString[], name: ByteString): Shown | undefined {
  const sources: ByteString[] = [];
  for (const parent of parents) {
    const location = `${parent}/${name}`;
    const status = statusOf(location);
    if (!status) continue;
    if (!status.isDirectory()) {
      if (sources.length > 0) break;
      return isWhiteout(location, status) ? undefined : { kind: "node", from: location, status };
    }
    sources.push(location);
    if (isOpaqueDirectory(location)) break;
  }
  return sources.length === 0 ? undefined : { kind: "directory", sources };
}

function namesIn(directories: readonly ByteString[]): ReadonlySet<ByteString> {
  return new Set(directories.flatMap((path) => readdirSync(bytes(path), { encoding: "latin1" })));
}

function statusOf(path: ByteString): BigIntStats | undefined {
  return lstatSync(bytes(path), { bigint: true, throwIfNoEntry: false });
}

function fail(path: ByteString): never {
  throw new Error(`${path} is gone`);
}
