import { findCommand, isGroup } from "../command-line/command.ts";
import { commandHelp, groupHelp, overview } from "../command-line/help.ts";
import { print } from "../command-line/output.ts";
import { UsageError } from "../command-line/usage-error.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr help [COMMAND]` */
export function help({ args, program }: CommandContext): number {
  const words = args.positionals;
  const [first] = words;
  const found = findCommand(program.commands, words);
  if (first === undefined) print(overview(program));
  else if (found) print(commandHelp(program, found.command));
  else if (isGroup(program.commands, first)) print(groupHelp(program, first));
  else throw new UsageError(`there is no command ${words.join(" ")}`);
  return 0;
}
