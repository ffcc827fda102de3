import { describeLine } from "../../netd/audit/describe-line.ts";
import { linesAbout } from "../../netd/audit/read-log.ts";
import { readableLogs } from "../../netd/audit/readable-log.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { locationOf } from "./locations.ts";

/** `cntnr-netd audit show`: 1 when nothing has that reference. */
export async function auditShow({ args }: CommandContext): Promise<number> {
  const log = locationOf(args, "auditLog");
  const [id = ""] = args.positionals;
  await readableLogs(log);
  const lines = await linesAbout(log, id);
  if (lines.length === 0) {
    printError(`cntnr-netd: nothing in ${log} and its rotations has the reference or attachment ${id}\n`);
    return 1;
  }
  for (const line of lines) print(`${args.has("json") ? JSON.stringify(line) : describeLine(line)}\n`);
  return 0;
}
