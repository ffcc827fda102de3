import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr rm` */
export function rm(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const isForced = args.has("force");
  const volumes = args.has("volumes") ? "remove" : "keep";
  const how = isForced ? ({ running: "kill", damaged: "remove" } as const) : {};
  return forEachName(args.positionals, async (name) => {
    try {
      await engine.containers.remove(name, { volumes, ...how });
    } catch (error) {
      if (!isForced || !(error instanceof CntnrError) || error.code !== "not-found") throw error;
      // docker's -f, too, is content when there is nothing to remove, and says so.
      printError(`cntnr: ${error.message}\n`);
      return;
    }
    print(`${name}\n`);
  });
}
