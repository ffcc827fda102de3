import { closeSync, mkdirSync, openSync } from "node:fs";
import * as v from "valibot";
import { CntnrError } from "../../errors/cntnr-error.ts";
import { LowerLayers } from "../../layer/lower-layers.ts";
import { type PackedArchive, type PackJob, packLayer } from "../../layer/pack-layer.ts";
import { overlayOptions } from "../../rootfs/overlay-mount.ts";
import {
  bindDirectory,
  changeRoot,
  mountOverlay,
  mountTmpfs,
  OuterRoot,
  unmount,
  unmountTree,
} from "../../sys/mount.ts";
import { IgnoreRules } from "../context/ignore-rules.ts";
import { TreeCopier } from "./copy-tree.ts";
import { type ModeChange, parseModeChange } from "./mode-change.ts";
import { byteString, join, textOf } from "./root-path.ts";
import { checkDestination, type Hides, hidesNothing, select } from "./select-sources.ts";
import { sourceFilter } from "./source-filter.ts";
import { removeHidden } from "./squash-tree.ts";
import {
  type CopyAction,
  type SourceTree,
  type TreeJob,
  type TreeOutcome,
  treeJobSchema,
} from "./tree-job.ts";
import { unpackArchive } from "./unpack-archive.ts";

/** Where the worker has its mounts once it is shut in. */
const destinationRoot = "/to";
const upperRoot = "/upper";
const treeRoot = (index: number) => `/from-${index}`;

/**
 * The whole life of `cntnr internal-tree`: root of a user namespace, in a mount namespace of its own, it gets jobs a line each and
 * says what has come of each. For a job it mounts the stage's files and those that are copied from, makes these mounts all that any
 * path can lead to (B7), and only then looks at any name in them. By a change of its root, and not by namespaces: threads that are
 * started during a job would stay in the job's.
 */
export async function treeWorker(
  jobs: Iterable<string>,
  send: (outcome: TreeOutcome) => void,
): Promise<void> {
  using outside = new OuterRoot();
  for (const text of jobs) send(await perform(parseJob(text), outside));
}

function parseJob(text: string): TreeJob {
  const parsed = v.safeParse(treeJobSchema, JSON.parse(text));
  if (parsed.success) return parsed.output;
  throw new CntnrError("usage", "internal-tree: not a job that cntnr has written");
}

async function perform(job: TreeJob, outside: OuterRoot): Promise<TreeOutcome> {
  const { destination, pack, scratch } = job;
  try {
    using lowers = new LowerLayers(pack && destination.kind !== "directory" ? destination.lowers : []);
    using blob = pack && openNewFile(pack.blob);
    mountTmpfs(scratch);
    try {
      shutIn(job);
      const digest = await carryOut(job);
      return { digest, packed: pack && blob && (await packUpper(job, pack, lowers, blob.fd)) };
    } finally {
      outside.enter();
      unmountTree(scratch);
    }
  } catch (error) {
    if (!(error instanceof CntnrError)) throw error;
    return { failure: { code: error.code, message: error.message } };
  }
}

function openNewFile(path: string): Disposable & { readonly fd: number } {
  const fd = openSync(path, "wx", 0o600);
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}

function shutIn({ destination, scratch, trees }: TreeJob): void {
  const empty = `${scratch}/empty`;
  mkdirSync(empty);
  const at = (path: string) => `${scratch}${path}`;
  mkdirSync(at(destinationRoot));
  if (destination.kind === "directory") bindDirectory(destination.path, at(destinationRoot));
  else {
    mkdirSync(at(upperRoot));
    bindDirectory(destination.upper, at(upperRoot));
  }
  if (destination.kind === "overlay") {
    const { lowers, upper, work } = destination;
    const layers = lowers.length === 0 ? [empty] : lowers;
    mountOverlay(at(destinationRoot), optionsOf({ layers, upper, work }), "writable");
  }
  for (const [index, tree] of trees.entries()) {
    mkdirSync(at(treeRoot(index)));
    mountTree(tree, at(treeRoot(index)), empty);
  }
  changeRoot(scratch);
}

function mountTree(tree: SourceTree, target: string, empty: string): void {
  if (tree.kind === "directory") {
    bindDirectory(tree.path, target);
    return;
  }
  // Without an upper directory, an overlay wants two lower ones.
  const layers = [empty, ...tree.paths];
  if (layers.length > 1) mountOverlay(target, optionsOf({ layers }), "read-only");
}

function optionsOf(directories: Parameters<typeof overlayOptions>[0]): string[] {
  const options = overlayOptions(directories);
  if (options) return options;
  throw new CntnrError("unsupported", `${directories.layers.length} layers are too many for an overlay`);
}

/** The overlay goes first: what is below a mounted one must not change. */
function packUpper(
  { destination }: TreeJob,
  pack: PackJob,
  lowers: LowerLayers,
  blobFd: number,
): Promise<PackedArchive> {
  if (destination.kind === "overlay") unmount(destinationRoot);
  process.chdir(upperRoot);
  return packLayer(pack, lowers, blobFd);
}

async function carryOut({ actions, ownership }: TreeJob): Promise<string> {
  const copier = new TreeCopier(destinationRoot, ownership);
  for (const action of actions) {
    if (action.kind === "copy") copy(copier, action);
    else if (action.kind === "hide")
      removeHidden(destinationRoot, action.layers.map(treeRoot), treeRoot(action.merged));
    else if (action.kind === "directory") copier.makeDirectories(action.path, action.owner);
    else {
      const directory = copier.makeDirectories(action.destination, action.owner ?? { uid: 0, gid: 0 });
      copier.finish();
      const archive = join(byteString(treeRoot(action.from)), action.source);
      await unpackArchive(archive, join(destinationRoot, directory), action.owner, ownership);
      return copier.digest.hex();
    }
  }
  copier.finish();
  return copier.digest.hex();
}

function copy(copier: TreeCopier, action: CopyAction): void {
  const from = byteString(treeRoot(action.from));
  const ignore = IgnoreRules.parse(".dockerignore", action.ignore);
  const hides: Hides = ignore.isEmpty ? hidesNothing : (path) => ignore.excludes(textOf(path));
  const sources =
    action.sources.kind === "selected"
      ? action.sources.selected
      : action.sources.patterns.flatMap((pattern) =>
          select(from, pattern, hides, action.keepsParents ? "kept-parents" : "plain"),
        );
  checkDestination(sources, action.destination);
  copier.copy({
    from,
    sources,
    destination: action.destination,
    keepsParents: action.keepsParents,
    filter: sourceFilter(ignore, action.exclude),
    owner: action.owner ?? undefined,
    modeChange: modeChangeOf(action.mode),
    attributes: action.attributes,
  });
}

/** Throws CntnrError `build` for what chmod(1) would not understand. */
export function modeChangeOf(text: string | null): ModeChange | undefined {
  if (text === null) return undefined;
  const change = parseModeChange(text);
  if (change) return change;
  throw new CntnrError("build", `--chmod=${text}: neither octal, as 755, nor symbolic, as u=rwX,go-w`);
}
