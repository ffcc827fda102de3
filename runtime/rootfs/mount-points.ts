import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { CntnrError } from "../errors/cntnr-error.ts";
import { type IdMappings, isOwnRoot } from "../userns/id-mappings.ts";
import type { LayeredTree, TreeEntry } from "./layered-tree.ts";

/** A place in a root file system that something is mounted at. */
export interface MountPoint {
  readonly path: string;
  readonly kind: "directory" | "file";
}

/** What a container has in the place of what its image has there. */
export interface Cover extends MountPoint {
  /** Of a file; without it nothing is in it. */
  readonly text?: string;
}

/** What has to be made in the layer that belongs to the container. */
export interface MountPointPlan {
  /** Directories that the image has, too, and looks like them; parents first. */
  readonly parents: readonly TreeEntry[];
  readonly replacements: readonly Cover[];
}

const ownerTimeoutMs = 30_000;
/** File systems of the kernel's, whose files are not the image's. */
const kernelTrees = /^\/(?:proc|sys|dev)(?:\/|$)/;

/**
 * Finds what an image has at mount points that is neither nothing (the runtime makes them) nor what belongs there: mostly links,
 * which a runtime would follow (B4, B5). It has to be covered by real directories and files of the container's own.
 * Throws CntnrError `unsupported` for an image whose directories lead into /proc.
 * @param changed files of the image that are to have another text
 */
export function planMountPoints(
  tree: LayeredTree,
  points: readonly MountPoint[],
  changed: readonly Cover[] = [],
): MountPointPlan {
  const parents = new Map<string, TreeEntry>();
  const replacements: Cover[] = [];
  const replace = (cover: Cover) => {
    replacements.push(cover);
    for (const directory of ancestorsOf(cover.path)) {
      const like = directory === "/" ? undefined : tree.lookUp(directory);
      if (like) parents.set(directory, like);
    }
  };
  for (const point of points) {
    const parent = tree.resolve(posix.dirname(point.path)).path;
    if (kernelTrees.test(parent))
      throw new CntnrError(
        "unsupported",
        `the image's ${posix.dirname(point.path)} leads to ${parent}: refused`,
      );
    const path = posix.join(parent, posix.basename(point.path));
    const entry = tree.lookUp(path);
    if (!entry || isOfKind(entry, point.kind)) continue;
    replace({ path, kind: point.kind });
  }
  for (const file of changed) {
    const { path, entry } = tree.resolve(file.path);
    if (entry?.stats.isFile() && !kernelTrees.test(path)) replace({ ...file, path });
  }
  return { parents: [...parents.values()], replacements };
}

function isOfKind({ stats }: TreeEntry, kind: MountPoint["kind"]): boolean {
  return kind === "directory" ? stats.isDirectory() : stats.isFile();
}

/** "/a/b/c": "/", "/a", "/a/b" */
function ancestorsOf(path: string): string[] {
  const names = path.split("/").slice(1, -1);
  return ["/", ...names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`)];
}

/**
 * Makes what is planned in an overlay's upper directory, an empty one. An overlay shows the owner and mode of the uppermost directory, so
 * this one and the planned ones get those of the image's. Nothing is there yet that could be a link.
 */
export async function describeUpperDirectory(
  upper: string,
  root: TreeEntry,
  plan: MountPointPlan,
  mappings: IdMappings,
): Promise<void> {
  for (const { path } of plan.parents) mkdirSync(join(upper, path), { mode: 0o700 });
  for (const { path, kind, text = "" } of plan.replacements) {
    const target = join(upper, path);
    if (kind === "directory") mkdirSync(target);
    else writeFileSync(target, text, { flag: "wx" });
    // Whatever the umask is.
    chmodSync(target, kind === "directory" ? 0o755 : 0o644);
  }
  if (plan.replacements.length > 0 && !isOwnRoot(mappings)) {
    const { changeOwners } = await import("../userns/change-owners.ts");
    const made = plan.replacements.map(({ path }) => join(upper, path));
    await changeOwners(made, 0, 0, mappings);
  }
  for (const entry of [...plan.parents.toReversed(), { ...root, path: "" }])
    await copyDescription(entry, join(upper, entry.path), mappings);
}

async function copyDescription(
  { stats, hostPath }: TreeEntry,
  target: string,
  mappings: IdMappings,
): Promise<void> {
  const isOwn = stats.uid === process.getuid?.() && stats.gid === process.getgid?.();
  if (isOwn) chmodSync(target, stats.mode & 0o7777);
  else await copyOwnerAndMode(hostPath, target, mappings);
}

async function copyOwnerAndMode(from: string, to: string, mappings: IdMappings): Promise<void> {
  const { runInUserNamespace } = await import("../userns/run-in-user-namespace.ts");
  const mode = [
    "sh",
    "-c",
    'chown --reference="$1" -- "$2" && chmod --reference="$1" -- "$2"',
    "sh",
    `${from}/.`,
    to,
  ] as const;
  const { exitCode, stderr } = await runInUserNamespace(mappings, mode, { timeoutMs: ownerTimeoutMs });
  if (exitCode !== 0)
    throw new CntnrError(
      "engine",
      `${to} cannot be given its owner: ${stderr.trim().split("\n").at(-1) ?? ""}`,
    );
}
