import type { Directories } from "../../runtime/store/directories.ts";
import type { ParsedArguments } from "./parse-argv.ts";

/** One flag. Without `value` it is a switch; with it, it takes a value, and several of them when it is repeatable. */
export interface Flag {
  /** Long name without its dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Further long names. */
  readonly aliases?: readonly string[];
  /** What the value is called in help: NAME. */
  readonly value?: string;
  readonly repeatable?: true;
  /** The values there are, for completion and for checking. */
  readonly choices?: readonly string[];
  readonly summary: string;
}

export interface Positional {
  readonly name: string;
  readonly count: "one" | "optional" | "one-or-more" | "any";
  /** What completes it. */
  readonly completes?: "container" | "image";
}

/** What a command gets. */
export interface CommandContext {
  readonly args: ParsedArguments;
  readonly env: NodeJS.ProcessEnv;
  /** The user's directories; found and made when first asked for. */
  readonly directories: Directories;
  /** `--image-policy` */
  readonly imagePolicy?: string;
  readonly verbose: boolean;
}

/** Does the work of a command and prints; returns the exit code. Throws CntnrError. */
export type CommandRunner = (context: CommandContext) => number | Promise<number>;

/** One row of the command table: all that parsing, help and completion know of a command. */
export interface Command {
  /** "run", "image ls" */
  readonly path: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly flags: readonly Flag[];
  readonly positionals: readonly Positional[];
  /** Everything after the first positional is left as it is: it belongs to the container. */
  readonly passThrough?: true;
  readonly example: string;
  /** Started by cntnr itself or by a runtime: neither in help nor completed. */
  readonly hidden?: true;
  /** Exit code of an error that has none of its own: docker's 125 where the container's own code is passed on. */
  readonly failureCode: 1 | 125;
  readonly load: () => Promise<CommandRunner>;
}
