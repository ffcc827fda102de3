import type { ParsedArguments } from "./parsed-arguments.ts";

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

/** What the words after a command's name may be. */
export interface CommandSyntax {
  readonly flags: readonly Flag[];
  readonly positionals: readonly Positional[];
  /** Flags that people know from elsewhere (--gpus), and why they are not there. */
  readonly absent?: Readonly<Record<string, string>>;
  /** Everything after the first positional is left as it is: it belongs to the container. */
  readonly passThrough?: true;
}

/** What help and completion tell of a command. */
export interface CommandDescription extends CommandSyntax {
  /** "run", "image ls" */
  readonly path: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly example: string;
  /** Started by the program itself or by a runtime: neither in help nor completed. */
  readonly hidden?: true;
}

/** One row of a program's command table. */
export interface Command<Context> extends CommandDescription {
  /** Exit code of an error that has none of its own: docker's 125 where the container's own code is passed on. */
  readonly failureCode: 1 | 125;
  /** The work: prints and returns the exit code. Loaded when it is called. */
  readonly load: () => Promise<(context: Context) => number | Promise<number>>;
}

/** What help and completion tell of a program. */
export interface ProgramDescription {
  /** As it is typed: cntnr */
  readonly name: string;
  readonly tagline: string;
  readonly version: string;
  readonly commands: readonly CommandDescription[];
  /** Flags before the command. */
  readonly globalFlags: readonly Flag[];
}

/** A program with several commands. */
export interface Program<Context> extends ProgramDescription {
  readonly commands: readonly Command<Context>[];
  /** What a command gets, from its own arguments and the flags before it. */
  readonly context: (args: ParsedArguments, options: ParsedArguments) => Context;
  /** The exit code that an error has of its own; undefined: the command's failureCode. */
  readonly exitCodeOf: (error: unknown, command: Command<Context>) => number | undefined;
  /** The error in words for a person, of an error that has none; undefined: as it is. */
  readonly explain?: (error: unknown) => Error | undefined;
}

/** The command that the words begin with, and the words after its name; undefined when there is none. */
export function findCommand<C extends CommandDescription>(
  commands: readonly C[],
  words: readonly string[],
): { readonly command: C; readonly rest: readonly string[] } | undefined {
  for (const length of [3, 2, 1]) {
    const name = words.slice(0, length).join(" ");
    const command = commands.find(({ path, aliases }) => path === name || aliases?.includes(name));
    if (command && words.length >= length) return { command, rest: words.slice(length) };
  }
  return undefined;
}

/** True for the first word of commands of two: `image`. */
export function isGroup(commands: readonly CommandDescription[], word: string): boolean {
  return commands.some(
    ({ path, aliases }) =>
      path.startsWith(`${word} `) || aliases?.some((alias) => alias.startsWith(`${word} `)),
  );
}
