import type { EscapeToken } from "./directives.ts";
import { parseHealthCheck } from "./health-check.ts";
import type { CommandForm, Instruction, InstructionBody, KeyValue } from "./instruction.ts";
import { InstructionReader } from "./instruction-reader.ts";
import type { LogicalLine } from "./logical-lines.ts";
import { parseMount } from "./mount.ts";
import { parseCopy } from "./parse-copy.ts";
import type { Source } from "./source.ts";
import { splitFields, splitWords, type Word } from "./words.ts";

type BodyParser = (reader: InstructionReader) => InstructionBody;

const parsers: Readonly<Record<string, BodyParser>> = {
  FROM: parseFrom,
  ARG: parseArg,
  ENV: (reader) => ({ kind: "env", pairs: parsePairs(reader) }),
  LABEL: (reader) => ({ kind: "label", pairs: parsePairs(reader) }),
  RUN: parseRun,
  COPY: (reader) => parseCopy(reader, "copy"),
  ADD: (reader) => parseCopy(reader, "add"),
  CMD: (reader) => ({ kind: "cmd", command: commandForm(reader) }),
  ENTRYPOINT: (reader) => ({ kind: "entrypoint", command: commandForm(reader) }),
  SHELL: parseShell,
  HEALTHCHECK: (reader) => ({ kind: "healthcheck", check: parseHealthCheck(reader) }),
  ONBUILD: parseOnBuild,
  EXPOSE: (reader) => ({ kind: "expose", words: someWords(reader) }),
  VOLUME: (reader) => ({ kind: "volume", words: reader.json() ?? someWords(reader) }),
  USER: (reader) => ({ kind: "user", value: oneValue(reader) }),
  WORKDIR: (reader) => ({ kind: "workdir", value: oneValue(reader) }),
  STOPSIGNAL: (reader) => ({ kind: "stopsignal", value: oneValue(reader) }),
  MAINTAINER: (reader) => ({ kind: "maintainer", value: oneValue(reader) }),
};

const keywordsWithFlags: ReadonlySet<string> = new Set(["ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"]);

/** Parses one instruction. Throws CntnrError `build` that shows the place. */
export function parseInstruction(source: Source, line: LogicalLine, escapeToken: EscapeToken): Instruction {
  const reader = new InstructionReader(source, line, escapeToken, keywordsWithFlags);
  const parse = Object.hasOwn(parsers, reader.keyword) ? parsers[reader.keyword] : undefined;
  if (!parse) throw reader.error(`there is no instruction ${reader.keyword}`);
  const isEmptyAllowed = reader.keyword === "CMD" || reader.keyword === "ENTRYPOINT";
  if (reader.rest === "" && !isEmptyAllowed) throw reader.error(`${reader.keyword} needs arguments`);
  return { ...parse(reader), range: line.range, text: line.text };
}

function parseFrom(reader: InstructionReader): InstructionBody {
  reader.checkFlags(["platform"]);
  const [image, as, name, more] = splitFields(reader.rest);
  const isNamed = as?.text.toUpperCase() === "AS" && name;
  if (!image || more || (as && !isNamed)) throw reader.error("FROM is written FROM IMAGE [AS NAME]");
  if (name && !/^[a-z][a-z0-9-_.]*$/.test(name.text.toLowerCase()))
    throw reader.errorAtRest(
      name.offset,
      name.text.length,
      `"${name.text}" cannot be a stage's name: a letter, then letters, digits, - _ .`,
    );
  const platform = reader.flag("platform");
  return {
    kind: "from",
    image: image.text,
    ...(name ? { name: name.text.toLowerCase() } : {}),
    ...(platform === undefined ? {} : { platform }),
  };
}

function parseArg(reader: InstructionReader): InstructionBody {
  const args = quotedWords(reader).map(({ text, offset }) => {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    if (name === "") throw reader.errorAtRest(offset, text.length, "an ARG without a name");
    return { name, ...(equals < 0 ? {} : { value: text.slice(equals + 1) }) };
  });
  return { kind: "arg", args };
}

/** `key=value ...`, or the old form of one pair, `key value`. */
function parsePairs(reader: InstructionReader): KeyValue[] {
  const words = quotedWords(reader);
  if (words[0] && !words[0].text.includes("=")) {
    const [, key = "", value] = /^(\S+)(?:\s+([\s\S]*))?$/.exec(reader.rest) ?? [];
    if (value === undefined || value === "")
      throw reader.error(`${reader.keyword} is written ${reader.keyword} KEY=VALUE ...`);
    return [{ key, value }];
  }
  return words.map(({ text, offset }) => {
    const equals = text.indexOf("=");
    if (equals < 0)
      throw reader.errorAtRest(offset, text.length, `"${text}": ${reader.keyword} takes KEY=VALUE`);
    if (equals === 0) throw reader.errorAtRest(offset, text.length, `"${text}": no name before the =`);
    return { key: text.slice(0, equals), value: text.slice(equals + 1) };
  });
}

function parseRun(reader: InstructionReader): InstructionBody {
  reader.checkFlags(["network", "security"], ["mount", "device"]);
  if (reader.flagValues("device").length > 0)
    throw reader.flagError("device", "--device: a build's commands have no devices of the host's");
  const mounts = reader.flagValues("mount");
  for (const mount of mounts) checkMount(reader, mount);
  const security = reader.flag("security");
  if (security !== undefined && security !== "sandbox")
    throw reader.flagError(
      "security",
      `--security=${security}: a build has no privileges to give; only sandbox is possible`,
    );
  const network = reader.flag("network");
  return {
    kind: "run",
    command: commandForm(reader),
    heredocs: reader.line.heredocs,
    mounts,
    ...(network === undefined ? {} : { network }),
  };
}

/** A mount with a variable in it can be checked only when that has its value. */
function checkMount(reader: InstructionReader, mount: string): void {
  if (mount.includes("$")) return;
  const parsed = parseMount(mount);
  if ("problem" in parsed) throw reader.flagError("mount", `--mount=${mount}: ${parsed.problem}`);
}

function parseShell(reader: InstructionReader): InstructionBody {
  const argv = reader.json();
  if (!argv || argv.length === 0)
    throw reader.error('SHELL is written in JSON form: SHELL ["executable", "parameter"]');
  return { kind: "shell", argv };
}

function parseOnBuild(reader: InstructionReader): InstructionBody {
  const [keyword = ""] = /^\S+/.exec(reader.rest) ?? [];
  if (["ONBUILD", "FROM", "MAINTAINER"].includes(keyword.toUpperCase()))
    throw reader.errorAtRest(0, keyword.length, `${keyword.toUpperCase()} cannot be an ONBUILD trigger`);
  const { positionAt, ...line } = reader.line;
  const removed = reader.line.text.length - reader.rest.length;
  const trigger = { ...line, text: reader.rest, positionAt: (at: number) => positionAt(at + removed) };
  const instruction = parseInstruction(reader.source, trigger, reader.escapeToken);
  const heredocs = line.heredocs.map(({ content, name }) => `\n${content}${name}`);
  return { kind: "onbuild", trigger: reader.rest + heredocs.join(""), instruction };
}

function commandForm(reader: InstructionReader): CommandForm {
  const argv = reader.json();
  return argv ? { form: "exec", argv } : { form: "shell", text: reader.rest };
}

function someWords(reader: InstructionReader): string[] {
  return splitFields(reader.rest).map(({ text }) => text);
}

function quotedWords(reader: InstructionReader): readonly Word[] {
  return splitWords(reader.rest, reader.escapeToken, "plain").words;
}

function oneValue(reader: InstructionReader): string {
  return reader.rest;
}
