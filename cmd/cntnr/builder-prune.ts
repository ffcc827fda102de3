import { print } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { confirm } from "./confirm.ts";
import { engineOf } from "./engine-of.ts";
import { reclaimed } from "./image-prune.ts";

const warning =
  "This will remove all that builds have kept: steps that no image has, and the directories of cache mounts.";

/** `cntnr builder prune`: the next build does all its steps again. */
export async function builderPrune(context: CommandContext): Promise<number> {
  if (!context.args.has("force") && !(await confirm(warning))) return 0;
  const garbage = await engineOf(context).images.pruneBuilds();
  print(`Total reclaimed space: ${decimalSize(reclaimed(garbage))}\n`);
  return 0;
}
