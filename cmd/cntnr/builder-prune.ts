import { garbageOptions } from "../../runtime/engine/image-users.ts";
import { collectGarbage } from "../../runtime/image/collect-garbage.ts";
import { print } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { confirm } from "./confirm.ts";
import { reclaimed } from "./image-prune.ts";

const warning =
  "This will remove all that builds have kept: steps that no image has, and the directories of cache mounts.";

/** `cntnr builder prune`: the next build does all its steps again. */
export async function builderPrune({ args, directories }: CommandContext): Promise<number> {
  if (!args.has("force") && !(await confirm(warning))) return 0;
  const garbage = await collectGarbage(directories, { ...garbageOptions(directories), unusedMs: 0 });
  print(`Total reclaimed space: ${decimalSize(reclaimed(garbage))}\n`);
  return 0;
}
