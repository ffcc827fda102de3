import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr unpause` */
export function unpause(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  return forEachName(args.positionals, async (name) => {
    await engine.containers.unpause(name);
    print(`${name}\n`);
  });
}
