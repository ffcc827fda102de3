import { CntnrError } from "../../errors/cntnr-error.ts";
import { LayeredTree } from "../../rootfs/layered-tree.ts";
import type { DirectoryOperation } from "../plan/operation.ts";
import { directoryKey } from "../plan/step-key.ts";
import { changesOn } from "../tree/tree-workers.ts";
import { resolveUser } from "./resolve-owner.ts";
import type { StageFiles } from "./stage-files.ts";
import { groundOf, type StepContext } from "./step-context.ts";
import { nothingToDo, type StepResult } from "./step-result.ts";

/** Makes a working directory where there is none; it belongs to the user of the commands in it. */
export async function directoryStep(
  context: StepContext,
  files: StageFiles,
  operation: DirectoryOperation,
): Promise<StepResult> {
  const there = new LayeredTree(files.lowers).resolve(operation.path).entry;
  if (there?.stats.isDirectory()) return nothingToDo;
  if (there)
    throw new CntnrError("build", `WORKDIR ${operation.path}: something else than a directory is there`);
  const owner = resolveUser(operation.user, files.lowers);
  const key = directoryKey(groundOf(context, files), operation, owner);
  const known = context.runner.find(key);
  if (known) return known;
  return context.runner.run(key, files, async (upper) => {
    const actions = [{ kind: "directory", path: operation.path, owner }] as const;
    const change = { destination: changesOn(files.lowers, upper), trees: [], actions };
    const { workers } = context.surroundings;
    return {
      kind: "by-packer",
      packer: async (order) => (await workers.changeAndPack(change, order)).packed,
    };
  });
}
