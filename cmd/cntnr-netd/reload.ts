import { print } from "../command-line/output.ts";
import { ask } from "./ask-service.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr-netd reload`: 1 when the new policy has a fault; the last good one then stays in force. */
export async function reload(context: CommandContext): Promise<number> {
  await ask(context, "POST", "/reload");
  print("The policy was loaded, and the audit log opened anew.\n");
  return 0;
}
