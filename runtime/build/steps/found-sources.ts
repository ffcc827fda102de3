import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decompressInto, detectArchive } from "../context/archive.ts";
import { checkOut } from "../context/git-source.ts";
import { IgnoreRules } from "../context/ignore-rules.ts";
import { fetchUrl } from "../context/url-source.ts";
import type { CopyItem, CopyOperation } from "../plan/operation.ts";
import { ContentDigest, contentOf } from "../tree/content-digest.ts";
import { describe } from "../tree/copy-tree.ts";
import type { ModeChange } from "../tree/mode-change.ts";
import type { Owner } from "../tree/ownership.ts";
import { byteString, bytes, join as joinPath, statusOf, textOf } from "../tree/root-path.ts";
import { type Hides, hidesNothing, type SelectedSource, select } from "../tree/select-sources.ts";
import { sourceFilter } from "../tree/source-filter.ts";
import { walkSource } from "../tree/walk-source.ts";
import type { ContextTree } from "./build-tree.ts";
import type { SecretSource } from "./secrets.ts";
import { authorizationFor } from "./url-authorization.ts";

/** One file or directory that COPY or ADD was asked for. */
export interface FoundSource {
  /** The directory of the user's that it is in. */
  readonly root: string;
  readonly selected: SelectedSource;
  /** A sum of all that counts of it. */
  readonly sum: string;
  /** An archive, which is to be unpacked. */
  readonly isArchive: boolean;
  /** What a .dockerignore leaves out of `root`. */
  readonly ignore: IgnoreRules;
}

export interface FindOptions {
  readonly operation: CopyOperation;
  readonly owner: Owner | undefined;
  readonly modeChange: ModeChange | undefined;
  /** A new directory, for what has to be written or fetched first. */
  readonly scratch: () => string;
  readonly env: NodeJS.ProcessEnv;
  /** Of the build, by id: those that servers want to see. */
  readonly secrets: ReadonlyMap<string, SecretSource>;
  readonly signal: AbortSignal;
}

/** Finds what a source that is not copied `--from` something stands for. Throws CntnrError. */
export async function findSources(
  item: CopyItem,
  context: ContextTree,
  options: FindOptions,
): Promise<FoundSource[]> {
  const { operation, scratch, signal } = options;
  switch (item.kind) {
    case "path":
      return lookFor(item.path, context, operation.unpack ?? true, options);
    case "text": {
      const path = scratch();
      writeFileSync(join(path, item.name), item.text);
      chmodSync(join(path, item.name), 0o644);
      return lookFor(literal(item.name), written(path), false, options);
    }
    case "url": {
      const path = scratch();
      const authorization = authorizationFor(item.url, options.secrets, options.env);
      const name = await fetchUrl(item.url, path, operation.checksum, signal, authorization);
      return lookFor(literal(name), written(path), operation.unpack ?? false, options);
    }
    case "git": {
      const path = scratch();
      const { checksum = operation.checksum, keepsGitDir = operation.keepsGitDir } = item;
      await checkOut({ ...item, ...(checksum === undefined ? {} : { checksum }) }, path, {
        gitDirectory: keepsGitDir ? "kept" : "removed",
        env: options.env,
        secrets: options.secrets,
        signal,
      });
      return lookFor(literal(item.subdirectory || "."), written(path), false, options);
    }
  }
}

function written(path: string): ContextTree {
  return { kind: "context", path, ignore: IgnoreRules.none };
}

/** A name as a pattern for it alone. */
function literal(name: string): string {
  return name.replace(/[*?[\\]/g, "\\$&");
}

async function lookFor(
  pattern: string,
  { path: root, ignore }: ContextTree,
  unpacks: boolean,
  options: FindOptions,
): Promise<FoundSource[]> {
  const { operation, scratch, signal } = options;
  const from = byteString(root);
  const hides: Hides = ignore.isEmpty ? hidesNothing : (path) => ignore.excludes(textOf(path));
  const found: FoundSource[] = [];
  for (const selected of select(from, pattern, hides, operation.keepsParents ? "kept-parents" : "plain")) {
    const sum = sumOf(from, selected, ignore, options);
    const file = bytes(joinPath(from, selected.path)).toString();
    const isFile = statusOf(from, selected.path)?.isFile() === true;
    const packing = operation.isAdd && unpacks && isFile ? await detectArchive(file) : undefined;
    if (packing === undefined || packing === "plain") {
      found.push({ root, selected, sum, isArchive: packing !== undefined, ignore });
      continue;
    }
    const path = scratch();
    await decompressInto(file, packing, join(path, "archive.tar"), signal);
    const isArchive = (await detectArchive(join(path, "archive.tar"))) !== undefined;
    found.push(
      isArchive
        ? { root: path, selected: unpacked, sum, isArchive, ignore: IgnoreRules.none }
        : { root, selected, sum, isArchive, ignore },
    );
  }
  return found;
}

const unpacked: SelectedSource = { path: "archive.tar", writtenPath: "archive.tar" };

function sumOf(
  from: string,
  selected: SelectedSource,
  ignore: IgnoreRules,
  { operation, owner, modeChange }: FindOptions,
): string {
  const digest = new ContentDigest();
  // In a context all files are root's.
  const rules = { owner: owner ?? { uid: 0, gid: 0 }, modeChange };
  for (const entry of walkSource(from, selected, sourceFilter(ignore, operation.exclude))) {
    const name = joinPath(selected.writtenPath, entry.relative);
    digest.add(name, entry, describe(entry.status, rules), contentOf(from, entry));
  }
  return digest.hex();
}
