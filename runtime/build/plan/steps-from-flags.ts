import { basename, dirname, resolve } from "node:path";
import { CntnrError } from "../../errors/cntnr-error.ts";
import type { CommandForm, Instruction, InstructionBody, KeyValue } from "../dockerfile/instruction.ts";
import { parseJsonForm } from "../dockerfile/json-form.ts";
import type { Dockerfile, Stage } from "../dockerfile/parse-dockerfile.ts";
import type { Source } from "../dockerfile/source.ts";
import { splitWords } from "../dockerfile/words.ts";
import { classifySource } from "./remote-source.ts";

/** One flag of `cntnr image create` that is a step. */
export interface StepFlag {
  readonly name: StepFlagName;
  readonly value: string;
}

export const stepFlagNames = [
  "run",
  "run-sh",
  "add",
  "copy",
  "env",
  "cmd",
  "entrypoint",
  "workdir",
  "user",
  "expose",
  "volume",
  "label",
] as const;
export type StepFlagName = (typeof stepFlagNames)[number];

export interface FlagSteps {
  readonly dockerfile: Dockerfile;
  /** Directories of the user's that files are added from, by the name that the steps have for them. */
  readonly directories: ReadonlyMap<string, string>;
}

/**
 * The steps that flags stand for, in their order, as if a Dockerfile had them. What they say is meant as it is: the shell has
 * substituted variables already. Throws CntnrError `usage`.
 * @param from the image to begin with; without it nothing
 * @param cwd what relative sources are relative to
 */
export function stepsFromFlags(
  from: string | undefined,
  author: string | undefined,
  flags: readonly StepFlag[],
  cwd: string,
): FlagSteps {
  const directories = new Map<string, string>();
  const written: { readonly line: string; readonly body: InstructionBody }[] = [];
  if (author !== undefined)
    written.push({ line: `--author ${author}`, body: { kind: "maintainer", value: author } });
  for (const flag of flags)
    for (const body of bodiesOf(flag, cwd, directories))
      written.push({ line: `--${flag.name} ${flag.value}`, body });
  const image = from ?? "scratch";
  const lines = [`--from ${image}`, ...written.map(({ line }) => line)];
  // A value may have several lines; each flag is one here.
  const source: Source = { name: "command line", lines: lines.map((line) => line.replaceAll("\n", " ")) };
  const instructions = written.map(({ body }, index) => placed(source, index + 1, body));
  const begin = { kind: "from", image: literal(image) } as const;
  const stage: Stage = {
    index: 0,
    from: { ...begin, range: rangeOf(source, 0), text: lines[0] ?? "" },
    instructions,
  };
  return {
    dockerfile: { source, directives: { escape: "\\" }, globalArgs: [], stages: [stage] },
    directories,
  };
}

function placed(source: Source, index: number, body: InstructionBody): Instruction {
  return { ...body, range: rangeOf(source, index), text: source.lines[index] ?? "" };
}

function rangeOf(source: Source, index: number): Instruction["range"] {
  const line = index + 1;
  return { start: { line, column: 1 }, end: { line, column: (source.lines[index] ?? "").length + 1 } };
}

function bodiesOf(flag: StepFlag, cwd: string, directories: Map<string, string>): InstructionBody[] {
  const { name, value } = flag;
  if (value === "") throw new CntnrError("usage", `--${name} is empty`);
  switch (name) {
    case "run":
      return [{ kind: "run", command: shellOrJson(value), heredocs: [], mounts: [] }];
    case "run-sh":
      return [{ kind: "run", command: { form: "shell", text: value }, heredocs: [], mounts: [] }];
    case "add":
    case "copy":
      return copies(name, value, cwd, directories);
    case "env":
    case "label":
      return [{ kind: name, pairs: [pairOf(flag)] }];
    case "cmd":
    case "entrypoint":
      return [{ kind: name, command: { form: "exec", argv: wordsOf(flag) } }];
    case "expose":
    case "volume":
      return [{ kind: name, words: wordsOf(flag).map(literal) }];
    case "workdir":
    case "user":
      return [{ kind: name, value: literal(value) }];
  }
}

function shellOrJson(text: string): CommandForm {
  const form = parseJsonForm(text);
  return form.kind === "strings" ? { form: "exec", argv: form.strings } : { form: "shell", text };
}

/** `["a", "b c"]`, or words as the shell has them. */
function wordsOf({ name, value }: StepFlag): readonly string[] {
  const form = parseJsonForm(value);
  if (form.kind === "strings") return form.strings;
  const { words, isClosed } = splitWords(value, "\\", "plain");
  if (!isClosed) throw new CntnrError("usage", `--${name} ${value}: a quotation is not ended`);
  return words.map(({ text }) => unquoted(text));
}

function unquoted(word: string): string {
  return word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs, (_, single, double, escaped) =>
    String(single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? escaped),
  );
}

function pairOf({ name, value }: StepFlag): KeyValue {
  const equals = value.indexOf("=");
  // As docker has it.
  if (name === "label" && equals < 0) return { key: literal(value), value: "" };
  if (equals < 1) throw new CntnrError("usage", `--${name} ${value}: it is written NAME=VALUE`);
  return { key: literal(value.slice(0, equals)), value: literal(value.slice(equals + 1)) };
}

/** `SOURCE... [DESTINATION[:USER[:GROUP]]]`; one word is a source, for the working directory. */
function copies(
  kind: "add" | "copy",
  value: string,
  cwd: string,
  directories: Map<string, string>,
): InstructionBody[] {
  const words = wordsOf({ name: kind, value });
  const last = words.length > 1 ? (words.at(-1) ?? "") : "./";
  const sources = words.length > 1 ? words.slice(0, -1) : words;
  const [, path = "", owner] = /^([^:]*)(?::([^:]+(?::[^:]+)?))?$/.exec(last) ?? [];
  if (path === "")
    throw new CntnrError("usage", `--${kind} ${value}: it is written SOURCE... DESTINATION[:USER[:GROUP]]`);
  const destination = sources.length > 1 && !path.endsWith("/") ? `${path}/` : path;
  return sources.map((source) => copyOf(kind, source, destination, owner, cwd, directories));
}

function copyOf(
  kind: "add" | "copy",
  text: string,
  destination: string,
  owner: string | undefined,
  cwd: string,
  directories: Map<string, string>,
): InstructionBody {
  const isPath = kind === "copy" || classifySource(text).kind === "path";
  const absolute = resolve(cwd, text);
  const name = `host-${directories.size}`;
  if (isPath) directories.set(name, dirname(absolute));
  return {
    kind,
    sources: [{ kind: "path", text: literal(isPath ? basename(absolute) : text) }],
    destination: literal(destination),
    flags: {
      ...(isPath ? { from: name } : {}),
      ...(owner === undefined ? {} : { chown: literal(owner) }),
      exclude: [],
      link: false,
      parents: false,
      keepGitDir: false,
    },
  };
}

/** Text that is not to be substituted in. */
function literal(text: string): string {
  return text.replace(/[\\$'"]/g, "\\$&");
}
