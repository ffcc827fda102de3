import type { DiffId } from "../../image/local-image.ts";
import type { StepResult } from "./step-result.ts";

/** The files of a stage at some point, as layers. */
export interface StageFiles {
  /** Paths of unpacked layers, lowest first, at least one, and none twice: an overlay takes no directory twice. */
  readonly lowers: readonly string[];
  /** The unpacked layer whose root directory is the one that is meant: not every layer says something of it. */
  readonly root: string;
  /** Of all layers, lowest first. */
  readonly diffIds: readonly DiffId[];
}

/** Of one tree alone: an empty one, for what begins with nothing. */
export function filesOf(tree: string): StageFiles {
  return { lowers: [tree], root: tree, diffIds: [] };
}

/** The files after a step. */
export function afterStep(files: StageFiles, result: StepResult): StageFiles {
  if (result.kind === "unchanged") return files;
  return {
    // The same layer again shows all that it did further below.
    lowers: [...files.lowers.filter((path) => path !== result.path), result.path],
    root: result.saysRoot ? result.path : files.root,
    diffIds: [...files.diffIds, result.layer.diffId],
  };
}
