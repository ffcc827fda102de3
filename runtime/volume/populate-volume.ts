import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { mergeLayers } from "../merged-tree/merge-process.ts";
import { LayeredTree, UnreadableError } from "../rootfs/layered-tree.ts";
import { lockFile } from "../sys/file-lock.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { removeTree } from "../userns/remove-tree.ts";
import type { VolumePaths } from "./volume-store.ts";

const patienceMs = 10 * 60_000;

/** Where a volume's first content comes from. */
export interface VolumeOrigin {
  /** The image's layers, lowest first. */
  readonly layers: readonly string[];
  /** Where in the image. */
  readonly path: string;
  readonly mappings: IdMappings;
}

/**
 * Gives an empty volume what the image has at its place: content, owner and mode. In place, because somebody may have mounted it
 * already. The mark is there before the first file and goes after the last: a copy that was cut off is made again.
 */
export async function populateVolume(paths: VolumePaths, origin: VolumeOrigin): Promise<void> {
  using _ = await lockFile(paths.lock, "exclusive", { timeoutMs: patienceMs });
  if (existsSync(paths.populating)) await empty(paths, origin.mappings);
  else if (!isEmptyDirectory(paths.data)) return;
  const source = await findSource(origin);
  if (source.kind === "nothing") return;
  if (source.kind === "empty") return chmodSync(paths.data, source.mode);
  writeFileSync(paths.populating, "");
  await mergeLayers(origin.layers, source.path, paths.data, [], { mappings: origin.mappings });
  rmSync(paths.populating);
}

type Source =
  | { readonly kind: "nothing" }
  /** A directory of root's with nothing in it. */
  | { readonly kind: "empty"; readonly mode: number }
  /** A directory, by its path without links. */
  | { readonly kind: "directory"; readonly path: string };

async function findSource({ layers, path, mappings }: VolumeOrigin): Promise<Source> {
  try {
    return look(new LayeredTree(layers), path);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    const { resolveInNamespace } = await import("../rootfs/resolve-in-namespace.ts");
    const directory = await resolveInNamespace(layers, path, mappings);
    return directory === undefined ? { kind: "nothing" } : { kind: "directory", path: directory };
  }
}

function look(tree: LayeredTree, asked: string): Source {
  const { path, entry } = tree.resolve(asked);
  if (!entry?.stats.isDirectory()) return { kind: "nothing" };
  const { uid, gid, mode } = entry.stats;
  const isOwn = uid === process.getuid?.() && gid === process.getgid?.();
  const isEmpty = isOwn && (tree.directoriesOf(path) ?? []).every(isEmptyDirectory);
  return isEmpty ? { kind: "empty", mode: mode & 0o7777 } : { kind: "directory", path };
}

/** A new directory in the old one's place: nobody has seen a volume whose content was not whole. */
async function empty(paths: VolumePaths, mappings: IdMappings): Promise<void> {
  await removeTree(paths.data, mappings);
  mkdirSync(paths.data, { mode: 0o755 });
}

/** One that may not be looked into is taken to have something in it. */
function isEmptyDirectory(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch (error) {
    if (hasErrno(error, "EACCES")) return false;
    if (hasErrno(error, "ENOENT"))
      throw new CntnrError("corrupt", `the volume's directory ${path} is missing`);
    throw error;
  }
}
