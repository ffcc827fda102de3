import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr top` */
export async function top(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const [name = "", ...psArguments] = args.positionals;
  const lines = await engine.containers.top(name, psArguments);
  print(lines.map((line) => `${line}\n`).join(""));
  return 0;
}
