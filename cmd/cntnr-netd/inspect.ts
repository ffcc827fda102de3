import { print } from "../command-line/output.ts";
import { askAbout } from "./ask-service.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr-netd inspect` */
export async function inspect(context: CommandContext): Promise<number> {
  const [id = ""] = context.args.positionals;
  print(`${JSON.stringify(await askAbout(id, context, "GET"), null, 2)}\n`);
  return 0;
}
