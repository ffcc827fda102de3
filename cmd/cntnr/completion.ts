import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { CommandDescription, Flag, ProgramDescription } from "../command-line/command.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr completion bash|zsh|fish` */
export function completion({ args, program }: CommandContext): number {
  const [shell = ""] = args.positionals;
  const script = scripts[shell];
  if (!script)
    throw new CntnrError("usage", `completion: "${shell}" is not one of ${Object.keys(scripts).join(", ")}`);
  print(script(program));
  return 0;
}

const scripts: Readonly<Record<string, (program: ProgramDescription) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

const visible = ({ commands }: ProgramDescription): readonly CommandDescription[] =>
  commands.filter(({ hidden }) => !hidden);

/** Ways to name commands: `image ls` and `images`. */
function spellings(
  program: ProgramDescription,
): { readonly words: string; readonly command: CommandDescription }[] {
  return visible(program).flatMap((command) =>
    [command.path, ...(command.aliases ?? [])].map((words) => ({ words, command })),
  );
}

function flagWords(flags: readonly Flag[]): string[] {
  return flags.flatMap(({ name, short, aliases = [] }) => [
    `--${name}`,
    ...aliases.map((alias) => `--${alias}`),
    ...(short === undefined ? [] : [`-${short}`]),
  ]);
}

function valueFlagWords(flags: readonly Flag[]): string[] {
  return flagWords(flags.filter(({ value }) => value !== undefined));
}

/** Words that can follow these words of a command's name. */
function nextWords(program: ProgramDescription): Map<string, Set<string>> {
  const next = new Map<string, Set<string>>();
  for (const { words } of spellings(program)) {
    const [first = "", second] = words.split(" ");
    next.set("", (next.get("") ?? new Set()).add(first));
    if (second !== undefined) next.set(first, (next.get(first) ?? new Set()).add(second));
  }
  return next;
}

const containerNames = `cntnr ps -a --format '{{.Names}}' 2>/dev/null`;
const imageNames = `cntnr image ls --format json 2>/dev/null | sed -n 's/^{"name":"\\([^"]*\\)".*/\\1/p'`;

/** The same case for bash and zsh: what can stand after the command `$command`. */
function cases(program: ProgramDescription): string {
  const rows = spellings(program).map(({ words, command }) => {
    const completes = command.positionals[0]?.completes ?? "";
    const choices = command.path === "completion" ? Object.keys(scripts).join(" ") : "";
    return `    ${JSON.stringify(words)}) flags=${JSON.stringify(flagWords(command.flags).join(" "))} values=${JSON.stringify(valueFlagWords(command.flags).join(" "))} kind=${JSON.stringify(completes)} words=${JSON.stringify(choices)} ;;`;
  });
  for (const [prefix, following] of nextWords(program))
    rows.push(
      `    ${JSON.stringify(prefix)}) flags=${prefix === "" ? JSON.stringify(flagWords(program.globalFlags).join(" ")) : '""'} values="" kind="" words=${JSON.stringify([...following].join(" "))} ;;`,
    );
  return rows.join("\n");
}

function bashScript(program: ProgramDescription): string {
  return `# Completion of cntnr for bash: . <(cntnr completion bash)
_cntnr() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command="" flags values kind words index word
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    case $word in
      --store-dir|--state-dir|--image-policy) ((index++)) ;;
      -*) ;;
      *) case "$command\${command:+ }$word" in
        ${[...new Set(spellings(program).flatMap(({ words }) => (words.includes(" ") ? [words, words.split(" ")[0] ?? ""] : [words])))].map((words) => JSON.stringify(words)).join("|")}) command="$command\${command:+ }$word" ;;
        *) break ;;
      esac ;;
    esac
  done
  case "$command" in
${cases(program)}
  esac
  if [[ " $values " == *" $previous "* ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
    return
  fi
  if [[ $current == -* ]]; then words=$flags
  elif [[ $kind == container ]]; then words=$(${containerNames})
  elif [[ $kind == image ]]; then words=$(${imageNames})
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _cntnr cntnr
`;
}

function zshScript(program: ProgramDescription): string {
  return `#compdef cntnr
# Completion of cntnr for zsh: source <(cntnr completion zsh)
autoload -U +X bashcompinit && bashcompinit
${bashScript(program)}`;
}

function fishScript(program: ProgramDescription): string {
  const lines = ["# Completion of cntnr for fish: cntnr completion fish | source", "complete -c cntnr -f"];
  for (const [prefix, following] of nextWords(program))
    for (const word of following) {
      const condition =
        prefix === ""
          ? "__fish_use_subcommand"
          : `__fish_seen_subcommand_from ${prefix}; and not __fish_seen_subcommand_from ${[...following].join(" ")}`;
      lines.push(`complete -c cntnr -n ${quote(condition)} -a ${quote(word)}`);
    }
  for (const { words, command } of spellings(program)) {
    const condition = words
      .split(" ")
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join("; and ");
    for (const { name, short, value, summary } of command.flags)
      lines.push(
        `complete -c cntnr -n ${quote(condition)} -l ${name}${short === undefined ? "" : ` -s ${short}`}${value === undefined ? "" : " -r"} -d ${quote(summary)}`,
      );
    const names = { container: containerNames, image: imageNames };
    const completes = command.positionals[0]?.completes;
    if (completes)
      lines.push(`complete -c cntnr -n ${quote(condition)} -a ${quote(`(${names[completes]})`)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Single quotes of fish: a backslash protects a quote and itself. */
function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
