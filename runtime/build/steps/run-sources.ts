import { LayeredTree } from "../../rootfs/layered-tree.ts";
import type { Mount } from "../dockerfile/mount.ts";
import type { RunOperation } from "../plan/operation.ts";
import { filesKey } from "../plan/step-key.ts";
import { ContentDigest, contentOf } from "../tree/content-digest.ts";
import { byteString, textOf } from "../tree/root-path.ts";
import { type SelectedSource, select } from "../tree/select-sources.ts";
import { sourceFilter } from "../tree/source-filter.ts";
import { walkSource } from "../tree/walk-source.ts";
import type { BuildTree, ContextTree } from "./build-tree.ts";

/** A mount with the files that it shows, if it shows some of a stage, an image or a context. */
export interface SourcedMount {
  readonly mount: Mount;
  readonly tree?: BuildTree;
  /** A sum of what the step's result may depend on; "" for what it must not depend on. */
  readonly sum: string;
}

/** Finds what `from` means; undefined stands for the context. */
export type FindTree = (from: string | undefined) => Promise<BuildTree>;

/** Finds the files of a command's mounts. */
export function findMountSources(
  { mounts }: RunOperation,
  findTree: FindTree,
): Promise<readonly SourcedMount[]> {
  return Promise.all(
    mounts.map(async (mount): Promise<SourcedMount> => {
      // A cache that begins with nothing says nothing of what is in it.
      if (mount.type !== "bind" && (mount.type !== "cache" || mount.from === undefined))
        return { mount, sum: "" };
      const tree = await findTree(mount.from);
      return { mount, tree, sum: sumOf(tree, mount.source) };
    }),
  );
}

function sumOf(tree: BuildTree, source: string): string {
  if (tree.kind === "files") return filesKey(tree.files.diffIds);
  const from = byteString(tree.path);
  const digest = new ContentDigest();
  for (const entry of walkSource(from, selectMounted(tree, source), sourceFilter(tree.ignore, []))) {
    const { uid, gid, mode } = entry.status;
    digest.add(entry.relative, entry, { uid, gid, mode: mode & 0o7777 }, contentOf(from, entry));
  }
  return digest.hex();
}

/** The one file or directory of a context that a mount shows. */
export function selectMounted({ path, ignore }: ContextTree, source: string): SelectedSource {
  const literal = source.replace(/[*?[\\]/g, "\\$&");
  const [selected] = select(byteString(path), literal, (name) => ignore.excludes(textOf(name)), "plain");
  return selected ?? { path: "", writtenPath: "" };
}

/** The layers' parts of a directory that a mount shows, the uppermost first; or a file's place on the host. */
export function layeredSource(
  lowers: readonly string[],
  source: string,
): { readonly directories: readonly string[] } | { readonly file: string } | undefined {
  const tree = new LayeredTree(lowers);
  const directories = tree.directoriesOf(source);
  if (directories) return { directories };
  const { entry } = tree.resolve(source);
  return entry && { file: entry.hostPath };
}
