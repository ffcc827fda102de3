import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr wait`: one exit code a line. */
export function wait(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  return forEachName(args.positionals, async (name) => {
    print(`${await engine.containers.wait(name)}\n`);
  });
}
