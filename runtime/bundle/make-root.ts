import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { LocalImage } from "../image/local-image.ts";
import { chooseRoot, type RootChoice } from "../rootfs/choose-root.ts";
import { LayeredTree } from "../rootfs/layered-tree.ts";
import {
  type Cover,
  describeUpperDirectory,
  type MountPoint,
  type MountPointPlan,
  planMountPoints,
} from "../rootfs/mount-points.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import type { RootFileSystem } from "./plan-config.ts";

export interface RootRequest {
  readonly directory: string;
  readonly image: LocalImage;
  readonly mappings: IdMappings;
  /** The user's state directory (`Directories.run`). */
  readonly runDir: string;
  readonly changes?: ChangesPlace;
  readonly rootKind?: "overlay" | "copy";
  readonly isRootThere?: boolean;
}

/** Where somebody wants to find what the container changes: who asks for it removes it. */
export type ChangesPlace =
  /** The overlay's upper and work directories, which are there already. */
  | { readonly kind: "overlay"; readonly path: string; readonly work: string }
  /** A root file system of his own making. */
  | { readonly kind: "copy"; readonly path: string };

/** What the runtime finds in the bundle. */
const rootPath = "rootfs";

/** Makes the root file system of a bundle, or an overlay's directories for it; with details on it. Throws CntnrError. */
export async function makeRoot(
  request: RootRequest,
  tree: LayeredTree,
  mountPoints: readonly MountPoint[],
  changedFiles: readonly Cover[] = [],
): Promise<{ root: RootFileSystem; details: string[] }> {
  const { directory, image, mappings, changes } = request;
  if (changes?.kind === "copy")
    return useCopy(changes.path, planMountPoints(tree, mountPoints, changedFiles), mappings);
  const { path: upper, work } = changes ?? { path: join(directory, "upper"), work: join(directory, "work") };
  const choice = await chooseKind(request, upper, work);
  const root: RootFileSystem =
    choice.kind === "copy" ? { path: rootPath } : { path: rootPath, overlayOptions: choice.options };
  if (request.isRootThere) {
    checkMountPoints(rootTrees(directory, image.layers), mountPoints);
    return { root, details: [] };
  }
  const plan = planMountPoints(tree, mountPoints, changedFiles);
  if (choice.kind === "copy") {
    if (changes) throw new CntnrError("engine", `no overlay can be mounted: ${choice.reason}`);
    const { coverPlaces, makeWorkingCopy } = await import("../merged-tree/merge-process.ts");
    const copy = join(directory, rootPath);
    const isChange = ({ text }: Cover) => text !== undefined;
    const covers = plan.replacements.filter((cover) => !isChange(cover));
    await makeWorkingCopy(image.layers, copy, covers, { mappings });
    await coverPlaces(copy, plan.replacements.filter(isChange), mappings);
    const isAsked = request.rootKind === "copy";
    return { root, details: isAsked ? [] : [`the root file system was copied, because ${choice.reason}`] };
  }
  if (!changes) for (const made of [upper, work]) mkdirSync(made, { mode: 0o700 });
  await describeUpperDirectory(upper, tree.root, plan, mappings);
  mkdirSync(join(directory, rootPath), { mode: 0o700 });
  return { root, details: [] };
}

/** Covers are changes like any other; what is there only for a mount is left out when they are taken. */
async function useCopy(
  path: string,
  { replacements }: MountPointPlan,
  mappings: IdMappings,
): Promise<{ root: RootFileSystem; details: string[] }> {
  const { coverPlaces } = await import("../merged-tree/merge-process.ts");
  await coverPlaces(path, replacements, mappings);
  return { root: { path }, details: [] };
}

async function chooseKind(
  { image, directory, mappings, runDir, rootKind }: RootRequest,
  upper: string,
  work: string,
): Promise<RootChoice> {
  if (rootKind === "copy") return { kind: "copy", reason: "that is asked for" };
  return chooseRoot({ layers: image.layers, upper, work }, { directory, run: runDir, mappings });
}

/** The trees that the root of a bundle consists of when it has run before, lowest first. */
export function rootTrees(directory: string, layers: readonly string[]): readonly string[] {
  const upper = join(directory, "upper");
  return existsSync(upper) ? [...layers, upper] : [join(directory, rootPath)];
}

/**
 * Refuses a root file system in which a container has put links where we mount (B4): with the right capabilities it can unmount what
 * is there. Throws CntnrError `unsupported`.
 */
export function checkMountPoints(trees: readonly string[], mountPoints: readonly MountPoint[]): void {
  const [bad] = planMountPoints(new LayeredTree(trees), mountPoints).replacements;
  if (bad)
    throw new CntnrError(
      "unsupported",
      `the container has put something else at ${bad.path}, a ${bad.kind}: refused`,
    );
}
