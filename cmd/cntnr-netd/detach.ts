import { print, printError } from "../command-line/output.ts";
import { ask } from "./ask-service.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr-netd detach`: 1 when one of them is still there after half a minute; the service goes on trying. */
export async function detach(context: CommandContext): Promise<number> {
  let exitCode = 0;
  for (const id of context.args.positionals) {
    const path = `/attachments/${encodeURIComponent(id)}`;
    const answer = (await ask(context, "DELETE", path)) as { id: string; state: string };
    if (answer.state === "gone") print(`${answer.id}\n`);
    else {
      printError(
        `cntnr-netd: ${answer.id} is not gone yet; it is tried again (cntnr-netd audit show ${answer.id})\n`,
      );
      exitCode = 1;
    }
  }
  return exitCode;
}
