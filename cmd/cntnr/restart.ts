import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";
import { stopOptions } from "./stop-options.ts";

/** `cntnr restart` */
export function restart(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const options = stopOptions(args);
  return forEachName(args.positionals, async (name) => {
    await engine.containers.restart(name, options);
    print(`${name}\n`);
  });
}
