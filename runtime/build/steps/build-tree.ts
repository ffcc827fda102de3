import type { IgnoreRules } from "../context/ignore-rules.ts";
import type { StageFiles } from "./stage-files.ts";

/** Files that a step may take from: a context, or those of a stage or an image. */
export type BuildTree = ContextTree | LayeredFiles;

export interface ContextTree {
  readonly kind: "context";
  /** A directory of the user's. */
  readonly path: string;
  readonly ignore: IgnoreRules;
}

export interface LayeredFiles {
  readonly kind: "files";
  readonly files: StageFiles;
}
