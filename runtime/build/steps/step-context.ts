import { mappingsTag } from "../../store/layers.ts";
import type { KeyGround } from "../plan/step-key.ts";
import type { StageFiles } from "./stage-files.ts";
import type { StepRunner, StepSurroundings } from "./step-runner.ts";

/** What carries out the steps of a build. */
export interface StepContext {
  readonly surroundings: StepSurroundings;
  readonly runner: StepRunner;
  /** An unpacked layer with nothing in it. */
  readonly emptyLayer: string;
}

/** What the key of a step on these files begins with. */
export function groundOf({ surroundings }: StepContext, { diffIds }: StageFiles): KeyGround {
  const { mappings, latestSeconds } = surroundings;
  return { diffIds, mappings: mappingsTag(mappings), latestSeconds };
}
