import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { familiarName } from "../../runtime/image/reference.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr image rm`: prints what docker prints, names that are gone and the id of an image that is. */
export function imageRm(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const isForced = args.has("force");
  const inUse = isForced ? "remove-anyway" : "refuse";
  return forEachName(args.positionals, async (name) => {
    try {
      const removal = await engine.images.remove(name, { inUse });
      print(removal.names.map((gone) => (gone === "" ? "" : `Untagged: ${familiarName(gone)}\n`)).join(""));
      if (removal.id !== undefined) print(`Deleted: ${removal.id}\n`);
    } catch (error) {
      const isGone = error instanceof CntnrError && error.code === "not-found";
      if (!isGone || !isForced) throw error;
    }
  });
}
