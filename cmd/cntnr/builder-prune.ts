import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { confirm } from "./confirm.ts";
import { engineOf } from "./engine-of.ts";
import { reclaimed } from "./image-prune.ts";
import { reclaimedText } from "./pruned.ts";

const warning =
  "This will remove all that builds have kept: steps that no image has, and the directories of cache mounts.";

/** `cntnr builder prune`: the next build does all its steps again. */
export async function builderPrune(context: CommandContext): Promise<number> {
  if (!context.args.has("force")) await confirm(warning);
  const garbage = await engineOf(context).images.pruneBuilds();
  print(reclaimedText(reclaimed(garbage)));
  return 0;
}
