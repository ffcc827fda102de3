import { print, printable, printError } from "../command-line/output.ts";
import { askAbout, Declined } from "./ask-service.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr-netd detach`: 1 when one of them is not there, or still is after half a minute; the service goes on trying. */
export async function detach(context: CommandContext): Promise<number> {
  const faults: string[] = [];
  for (const id of context.args.positionals) {
    const fault = await detachOne(id, context);
    if (fault === undefined) continue;
    faults.push(fault);
    printError(`cntnr-netd: ${printable(fault)}\n`);
  }
  return faults.length === 0 ? 0 : 1;
}

/** Prints the id of what is gone; returns why it is not. */
async function detachOne(id: string, context: CommandContext): Promise<string | undefined> {
  try {
    const answer = (await askAbout(id, context, "DELETE")) as { id: string; state: string };
    if (answer.state !== "gone")
      return `${answer.id} is not gone yet; it is tried again (cntnr-netd audit show ${answer.id})`;
    print(`${answer.id}\n`);
    return undefined;
  } catch (error) {
    // The others are to be ended all the same.
    if (error instanceof Declined) return error.message;
    throw error;
  }
}
