import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { CommandContext } from "./command.ts";
import { findCommand, isGroup } from "./commands.ts";
import { commandHelp, groupHelp, overview } from "./help.ts";
import { print } from "./output.ts";

/** `cntnr help [COMMAND]` */
export function help({ args }: CommandContext): number {
  const words = args.positionals;
  const [first] = words;
  const found = findCommand(words);
  if (first === undefined) print(overview());
  else if (found) print(commandHelp(found.command));
  else if (isGroup(first)) print(groupHelp(first));
  else throw new CntnrError("usage", `there is no command ${words.join(" ")} (see \`cntnr --help\`)`);
  return 0;
}
