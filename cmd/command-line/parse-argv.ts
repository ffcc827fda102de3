import type { CommandSyntax, Flag } from "./command.ts";
import { type FlagValue, ParsedArguments } from "./parsed-arguments.ts";
import { UsageError } from "./usage-error.ts";

/** Thrown where help was asked for instead of what the command does. */
export class HelpRequest extends Error {
  override readonly name = "HelpRequest";
}

/**
 * Parses the words after a command's name, as docker's own parser (pflag) does: `--name=value`, `--name value`, `-n value`,
 * `-nvalue`, `-n=value`, switches in one word (`-ti`) of which the last may take a value (`-tip 80:80`), `--switch=false`.
 * A flag that takes a value takes the next word whatever it looks like (`--stop-timeout -1`). Throws UsageError.
 */
export function parseArguments(command: CommandSyntax, argv: readonly string[]): ParsedArguments {
  const flags = new Map<string, string[]>();
  const words = [...argv];
  const positionals: string[] = [];
  const order: FlagValue[] = [];
  const set = (flag: Flag, value: string, spelling: string) => {
    const checked = flag.value === undefined ? switchValue(value, spelling) : value;
    if (flag.choices && !flag.choices.includes(checked))
      throw new UsageError(`${spelling}: "${value}" is not one of ${flag.choices.join(", ")}`);
    flags.set(flag.name, [...(flags.get(flag.name) ?? []), checked]);
    order.push({ name: flag.name, value: checked });
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") positionals.push(...words.splice(0));
    else if (word.startsWith("--")) parseLong(command, word, words, set);
    else if (word.startsWith("-") && word !== "-") parseShort(command, word, words, set);
    else positionals.push(word, ...(command.passThrough ? words.splice(0) : []));
  }
  checkCount(command, positionals);
  return new ParsedArguments(flags, positionals, order);
}

function unknownFlag({ absent = {} }: CommandSyntax, spelling: string, place: string): UsageError {
  const reason = Object.hasOwn(absent, spelling) ? absent[spelling] : undefined;
  return new UsageError(
    reason === undefined ? `unknown flag ${spelling}${place}` : `there is no ${spelling}${place}: ${reason}`,
  );
}

type Setter = (flag: Flag, value: string, spelling: string) => void;

function parseLong(command: CommandSyntax, word: string, following: string[], set: Setter): void {
  const equals = word.indexOf("=");
  const spelling = equals < 0 ? word : word.slice(0, equals);
  const name = spelling.slice(2);
  const flag = command.flags.find((known) => known.name === name || known.aliases?.includes(name));
  if (!flag) {
    if (name === "help") throw new HelpRequest();
    throw unknownFlag(command, spelling, "");
  }
  if (equals >= 0) set(flag, word.slice(equals + 1), spelling);
  else set(flag, flag.value === undefined ? "true" : nextWord(flag, spelling, following), spelling);
}

function parseShort(command: CommandSyntax, word: string, following: string[], set: Setter): void {
  for (let index = 1; index < word.length; index++) {
    const letter = word.charAt(index);
    const spelling = `-${letter}`;
    const flag = command.flags.find((known) => known.short === letter);
    if (!flag) {
      if (word === "-h") throw new HelpRequest();
      throw unknownFlag(command, spelling, word.length > 2 ? ` in ${word}` : "");
    }
    const rest = word.slice(index + 1);
    const isLast = rest.startsWith("=") || flag.value !== undefined;
    if (!isLast) set(flag, "true", spelling);
    else if (rest === "") set(flag, nextWord(flag, spelling, following), spelling);
    else set(flag, rest.replace(/^=/, ""), spelling);
    if (isLast) return;
  }
}

function nextWord(flag: Flag, spelling: string, following: string[]): string {
  const value = following.shift();
  if (value === undefined) throw new UsageError(`${spelling} needs a value: ${spelling} ${flag.value}`);
  return value;
}

/** The words that Go's strconv.ParseBool knows. */
function switchValue(value: string, spelling: string): "true" | "false" {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(value)) return "true";
  if (/^(?:0|f|F|false|FALSE|False)$/.test(value)) return "false";
  throw new UsageError(`${spelling}: "${value}" is neither true nor false`);
}

function checkCount(command: CommandSyntax, positionals: readonly string[]): void {
  const least = command.positionals.filter(({ count }) => count === "one" || count === "one-or-more").length;
  const isOpen = command.positionals.some(({ count }) => count === "one-or-more" || count === "any");
  const most = isOpen ? Number.POSITIVE_INFINITY : command.positionals.length;
  if (positionals.length < least) {
    const missing = command.positionals[positionals.length]?.name ?? "an argument";
    throw new UsageError(`${missing} is missing`);
  }
  if (positionals.length > most) throw new UsageError(`unexpected argument "${positionals[most]}"`);
}
