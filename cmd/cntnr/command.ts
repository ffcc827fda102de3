import type { EngineOptions } from "../../runtime/engine/context.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import type { Command as ProgramCommand, ProgramDescription } from "../command-line/command.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";

/** What a command of cntnr gets. */
export interface CommandContext {
  readonly args: ParsedArguments;
  readonly env: NodeJS.ProcessEnv;
  /** What the flags before the command say, for {@link engineOf}; remarks are printed. */
  readonly engineOptions: EngineOptions;
  /** The user's directories; found and made when first asked for. */
  readonly directories: Directories;
  /** `--image-policy` */
  readonly imagePolicy?: string;
  readonly verbose: boolean;
  /** For help and completion. */
  readonly program: ProgramDescription;
}

/** A row of cntnr's command table. */
export type Command = ProgramCommand<CommandContext>;
