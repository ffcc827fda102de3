import type { Command as ProgramCommand, ProgramDescription } from "../command-line/command.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";

/** What a command of cntnr-netd gets. */
export interface CommandContext {
  readonly args: ParsedArguments;
  readonly program: ProgramDescription;
}

/** A row of cntnr-netd's command table. */
export type Command = ProgramCommand<CommandContext>;
