import { chmodSync, mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { CntnrError } from "../errors/cntnr-error.ts";
import { LayeredTree } from "../rootfs/layered-tree.ts";
import type { ByteString } from "../sys/file-calls.ts";
import { bindDirectory, enterRoot, mountTmpfs } from "../sys/mount.ts";
import { mergeDirectories } from "./merge-layers.ts";
import { readSnapshot, takeSnapshot } from "./snapshot.ts";
import { takeChanges } from "./take-changes.ts";

const coverSchema = v.strictObject({
  path: v.string(),
  kind: v.picklist(["directory", "file"]),
  text: v.optional(v.string()),
});
const covers = v.pipe(v.array(coverSchema), v.readonly());

const jobSchema = v.variant("kind", [
  /** Makes the working directory a copy of a directory of the merged layers (lowest first), or of all. */
  v.strictObject({
    kind: v.literal("merge"),
    layers: v.pipe(v.array(v.string()), v.minLength(1), v.readonly()),
    /** Absolute, in the merged tree. */
    from: v.string(),
    covers,
    /** A file for a snapshot of the result. */
    snapshot: v.nullable(v.string()),
  }),
  /** Puts real directories and files in the place of what is in the working directory at these paths, which have no links. */
  v.strictObject({ kind: v.literal("cover"), covers }),
  /** Moves into the working directory what has changed in a tree since its snapshot. */
  v.strictObject({ kind: v.literal("take"), tree: v.string(), snapshot: v.string() }),
  /** The same by copying, and the tree may be somebody's who still works in it. `scratch`: an empty directory to mount on. */
  v.strictObject({
    kind: v.literal("copy-changes"),
    tree: v.string(),
    snapshot: v.string(),
    scratch: v.string(),
  }),
]);

/** What a worker is to do. */
export type MergeJob = v.InferOutput<typeof jobSchema>;

/** The whole life of `cntnr internal-merge`: root of a user namespace, with the target as working directory. */
export async function mergeWorker(jobText: string): Promise<void> {
  const parsed = v.safeParse(jobSchema, JSON.parse(jobText));
  if (!parsed.success) throw new CntnrError("usage", "internal-merge: not a job that cntnr has written");
  const job = parsed.output;
  // Modes are as they are asked for.
  process.umask(0);
  switch (job.kind) {
    case "merge":
      mergeDirectories(sourcesOf(job.layers, job.from));
      cover(job.covers);
      if (job.snapshot !== null) await takeSnapshot(job.snapshot);
      return;
    case "cover":
      return cover(job.covers);
    case "take":
      return takeChanges(byteString(job.tree), readSnapshot(job.snapshot), "move");
    case "copy-changes": {
      const snapshot = readSnapshot(job.snapshot);
      shutIn(job.tree, job.scratch);
      takeChanges(shutInTree, snapshot, "copy");
    }
  }
}

const shutInTree = "/tree";

/** Makes the tree and the working directory all that there is of the file system: whoever works in it may put links in our way (B7). */
function shutIn(tree: string, scratch: string): void {
  const target = process.cwd();
  mountTmpfs(scratch);
  for (const [name, source] of [
    [shutInTree, tree],
    ["/changes", target],
  ] as const) {
    mkdirSync(`${scratch}${name}`);
    bindDirectory(source, `${scratch}${name}`);
  }
  enterRoot(scratch);
  process.chdir("/changes");
}

/** The uppermost first, and without the links by which layers are named. */
function sourcesOf(layers: readonly string[], from: string): readonly ByteString[] {
  const roots = layers.map((path) => realpathSync(path));
  const directories = new LayeredTree(roots).directoriesOf(from);
  if (!directories) throw new CntnrError("not-found", `${from} is no directory of the image`);
  return directories.map(byteString);
}

function cover(places: v.InferOutput<typeof covers>): void {
  for (const { path, kind, text = "" } of places) {
    const target = join(process.cwd(), path);
    rmSync(target, { recursive: true, force: true });
    if (kind === "directory") mkdirSync(target);
    else writeFileSync(target, text, { flag: "wx" });
    chmodSync(target, kind === "directory" ? 0o755 : 0o644);
  }
}

function byteString(path: string): ByteString {
  return Buffer.from(path).toString("latin1");
}
