import type { Stats } from "node:fs";
import { CntnrError, messageOf } from "../../errors/cntnr-error.ts";
import type { ByteString } from "../../sys/file-calls.ts";
import { join, shown, statusOf } from "./root-path.ts";
import { namesIn, type SelectedSource } from "./select-sources.ts";

/** One file of what is copied. */
export interface SourceEntry {
  /** In the source's tree. */
  readonly path: ByteString;
  /** Below what was asked for; "" is that itself. */
  readonly relative: ByteString;
  readonly status: Stats;
}

/** What of a source is left out. */
export interface SourceFilter {
  /** By the path in the tree (.dockerignore), and below what is copied (--exclude). */
  readonly excludes: (entry: SourceEntry) => boolean;
  /** Whether nothing below a directory that is left out can be wanted after all. */
  readonly excludesAllBelow: (entry: SourceEntry) => boolean;
}

/**
 * All files of a source, directories before what is in them, names in the order of their bytes. Links are not followed. A
 * directory that is left out, but not all that is in it, comes when the first file in it does. Sockets are left out: they are
 * somebody's, and cannot be copied.
 */
export function* walkSource(
  root: ByteString,
  source: SelectedSource,
  filter: SourceFilter,
): Generator<SourceEntry> {
  const status = statusOf(root, source.path);
  if (!status) throw new CntnrError("build", `"/${shown(source.path)}" has gone while it was copied`);
  yield* walk(root, { path: source.path, relative: "", status }, filter);
}

function* walk(root: ByteString, entry: SourceEntry, filter: SourceFilter): Generator<SourceEntry> {
  const isExcluded = filter.excludes(entry);
  if (!entry.status.isDirectory()) {
    if (!isExcluded && !entry.status.isSocket()) yield entry;
    return;
  }
  if (isExcluded && filter.excludesAllBelow(entry)) return;
  let isTold = !isExcluded;
  if (isTold) yield entry;
  for (const name of namesOf(root, entry)) {
    const path = join(entry.path, name);
    const status = statusOf(root, path);
    if (!status) continue;
    for (const found of walk(root, { path, relative: join(entry.relative, name), status }, filter)) {
      if (!isTold) yield entry;
      isTold = true;
      yield found;
    }
  }
}

function namesOf(root: ByteString, { path }: SourceEntry): ByteString[] {
  try {
    return namesIn(root, path);
  } catch (error) {
    throw new CntnrError("build", `/${shown(path)} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
