import type { CommandDescription, Flag, Positional, ProgramDescription } from "./command.ts";

/** `cntnr --help` */
export function overview({ name, tagline, commands, globalFlags }: ProgramDescription): string {
  const shown = commands.filter(({ hidden }) => !hidden);
  return [
    tagline,
    "",
    `usage: ${name} [flags] COMMAND ...`,
    "",
    "commands:",
    ...columns(shown.map(({ path, summary }) => [path, summary])),
    "",
    "flags before the command:",
    ...columns(globalFlags.map((flag) => [spellingOf(flag), flag.summary])),
    "",
    `\`${name} COMMAND --help\` says more about a command.`,
    "",
  ].join("\n");
}

/** `cntnr image --help`: the commands below a word. */
export function groupHelp({ name, commands }: ProgramDescription, group: string): string {
  const shown = commands.filter(({ path, hidden }) => !hidden && path.startsWith(`${group} `));
  return [
    `usage: ${name} ${group} COMMAND ...`,
    "",
    "commands:",
    ...columns(shown.map(({ path, summary }) => [path, summary])),
    "",
  ].join("\n");
}

/** `cntnr run --help` */
export function commandHelp({ name }: ProgramDescription, command: CommandDescription): string {
  const words = [name, command.path, ...(command.flags.length > 0 ? ["[flags]"] : [])];
  const usage = [...words, ...command.positionals.map(positionalText)].join(" ");
  const aliases = (command.aliases ?? []).map((alias) => `${name} ${alias}`);
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
