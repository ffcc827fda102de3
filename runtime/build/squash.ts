import { squashKey } from "./plan/step-key.ts";
import type { StageResult } from "./stage-builder.ts";
import { afterStep } from "./steps/stage-files.ts";
import { groundOf, type StepContext } from "./steps/step-context.ts";
import type { CopyAction, TreeJob } from "./tree/tree-job.ts";
import { changesOn } from "./tree/tree-workers.ts";

/** Makes one layer of all that a stage's steps have added, which does what they do together. */
export async function squash(context: StepContext, stage: StageResult): Promise<StageResult> {
  const { added, baseFiles, files } = stage;
  if (added.length < 2) return stage;
  const key = squashKey(groundOf(context, baseFiles), files.diffIds.slice(baseFiles.diffIds.length));
  const result =
    context.runner.find(key) ??
    (await context.runner.run(key, { ...baseFiles, root: files.root }, async (upper) => {
      const destination = changesOn(baseFiles.lowers, upper);
      await context.surroundings.workers.change({ destination, ...mergeOf(added) });
      return { kind: "filled", mountPoints: [] };
    }));
  const steps = stage.steps.map(({ history }) => ({ history: { ...history, empty_layer: true } }));
  const history = {
    ...(stage.created === undefined ? {} : { created: stage.created }),
    created_by: "the layers of all steps as one",
  };
  return {
    ...stage,
    files: afterStep(baseFiles, result),
    steps: result.kind === "layer" ? [...steps, { history, layer: result.layer }] : steps,
  };
}

function mergeOf(added: readonly string[]): Pick<TreeJob, "trees" | "actions"> {
  const layers = [...new Set(added.toReversed())].reverse();
  const merged = layers.length;
  return {
    trees: [
      ...layers.map((path) => ({ kind: "directory", path }) as const),
      { kind: "layers", paths: layers },
    ],
    actions: [
      { kind: "hide", layers: layers.map((_, index) => index), merged },
      { ...copyAll(merged), keepsParents: false },
    ],
  };
}

/** Everything as it is, the root directory's own mode and owner included. */
export function copyAll(from: number): CopyAction {
  return {
    kind: "copy",
    from,
    sources: { kind: "selected", selected: [{ path: "", writtenPath: "" }] },
    destination: "/",
    keepsParents: true,
    exclude: [],
    ignore: "",
    owner: null,
    mode: null,
    attributes: "copied",
  };
}
