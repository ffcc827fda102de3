import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr rename` */
export async function rename(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const [container = "", name = ""] = args.positionals;
  await engine.containers.rename(container, name);
  return 0;
}
