import type { Command, Flag, Positional } from "./command.ts";
import { commands, globalFlags } from "./commands.ts";

/** `cntnr --help` */
export function overview(): string {
  const shown = commands.filter(({ hidden }) => !hidden);
  return [
    "cntnr runs containers for people who are not root.",
    "",
    "usage: cntnr [flags] COMMAND ...",
    "",
    "commands:",
    ...columns(shown.map(({ path, summary }) => [path, summary])),
    "",
    "flags before the command:",
    ...columns(globalFlags.map((flag) => [spellingOf(flag), flag.summary])),
    "",
    "`cntnr COMMAND --help` says more about a command.",
    "",
  ].join("\n");
}

/** `cntnr image --help`: the commands below a word. */
export function groupHelp(group: string): string {
  const shown = commands.filter(({ path, hidden }) => !hidden && path.startsWith(`${group} `));
  return [
    `usage: cntnr ${group} COMMAND ...`,
    "",
    "commands:",
    ...columns(shown.map(({ path, summary }) => [path, summary])),
    "",
  ].join("\n");
}

/** `cntnr run --help` */
export function commandHelp(command: Command): string {
  const words = ["cntnr", command.path, ...(command.flags.length > 0 ? ["[flags]"] : [])];
  const usage = [...words, ...command.positionals.map(positionalText)].join(" ");
  const aliases = (command.aliases ?? []).map((alias) => `cntnr ${alias}`);
  return [
    `${command.summary}.`,
    "",
    `usage: ${usage}`,
    ...(aliases.length > 0 ? [`also:  ${aliases.join(", ")}`] : []),
    ...(command.flags.length > 0
      ? ["", "flags:", ...columns(command.flags.map((flag) => [spellingOf(flag), flag.summary]))]
      : []),
    "",
    "example:",
    ...command.example.split("\n").map((line) => `  ${line}`),
    "",
  ].join("\n");
}

function positionalText({ name, count }: Positional): string {
  const forms = {
    one: name,
    optional: `[${name}]`,
    "one-or-more": `${name}...`,
    any: `[${name}...]`,
  };
  return forms[count];
}

function spellingOf(flag: Flag): string {
  const names = [flag.name, ...(flag.aliases ?? [])].map((name) => `--${name}`);
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  return `${short}${names.join(", ")}${flag.value === undefined ? "" : ` ${flag.value}`}`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
