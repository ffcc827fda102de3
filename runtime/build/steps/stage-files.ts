import type { DiffId } from "../../image/local-image.ts";
import type { StepResult } from "./step-result.ts";

/** The files of a stage at some point, as layers. */
export interface StageFiles {
  /** Paths of unpacked layers, lowest first, at least one, and none twice: an overlay takes no directory twice. */
  readonly lowers: readonly string[];
  /** Of all layers, lowest first. */
  readonly diffIds: readonly DiffId[];
}

/** The files after a step. */
export function afterStep(files: StageFiles, result: StepResult): StageFiles {
  if (result.kind === "unchanged") return files;
  return {
    // The same layer again shows all that it did further below.
    lowers: [...files.lowers.filter((path) => path !== result.path), result.path],
    diffIds: [...files.diffIds, result.layer.diffId],
  };
}
