import { Ajv, type ErrorObject } from "ajv";
import { parse as parseIni } from "ini";
import type { Problem } from "./problem.ts";
import type { Entry, Section } from "./scan.ts";
import { parseConflistName, parseLimit, parseYesOrNo, ValueError } from "./values.ts";

/** More attachments than this no bridge carries: it has 1023 ports (D8). */
export const mostAttachments = 999;

type ValueParser<Value> = (text: string) => Value;
type Values<Keys> = {
  readonly [Key in keyof Keys]: Keys[Key] extends ValueParser<infer Value> ? Value | undefined : never;
};

/** What may stand in a `[network NAME]` section. */
const networkKeys = {
  conflist: parseConflistName,
  masquerade: parseYesOrNo,
};

/** What may stand in an `[allow SUBJECT network:NAME]` section. */
const allowKeys = {
  attachments: (text: string) => parseLimit(text, mostAttachments),
};

/** Reads the values of a section of one kind; undefined when there is a problem, which is then added to the list. */
type Reader<Keys> = (section: Section, problems: Problem[]) => Values<Keys> | undefined;

export const readNetworkSection = readerOf(networkKeys, ["conflist"]);
export const readAllowSection = readerOf(allowKeys, []);

function readerOf<Keys extends Record<string, ValueParser<unknown>>>(
  keys: Keys,
  required: readonly (keyof Keys & string)[],
): Reader<Keys> {
  const validate = new Ajv({ allErrors: true }).compile<Record<string, string>>({
    type: "object",
    properties: Object.fromEntries(Object.keys(keys).map((key) => [key, { type: "string" }])),
    additionalProperties: false,
    required,
  });
  return (section, problems) => {
    // Section by section: `ini` would make nested sections of the dots in a head.
    const document: unknown = parseIni(textOf(section));
    const found = problems.length;
    if (!validate(document)) {
      for (const error of validate.errors ?? []) problems.push(problemOf(error, section, Object.keys(keys)));
      return undefined;
    }
    const values = Object.entries(keys).map(([key, parseValue]) => [
      key,
      parsed(parseValue, document[key], section.entries.get(key), problems),
    ]);
    return problems.length === found ? (Object.fromEntries(values) as Values<Keys>) : undefined;
  };
}

function textOf(section: Section): string {
  return [...section.entries.values()].map(({ key, value }) => `${key.text}=${value.text}`).join("\n");
}

function parsed(
  parseValue: ValueParser<unknown>,
  text: string | undefined,
  entry: Entry | undefined,
  problems: Problem[],
): unknown {
  if (text === undefined || entry === undefined) return undefined;
  try {
    return parseValue(text);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const { file, line, column } = entry.value;
    problems.push({ file, line, column, message: `${entry.key.text} ${error.message}` });
    return undefined;
  }
}

function problemOf(error: ErrorObject, section: Section, known: readonly string[]): Problem {
  const { file, line, column } = section.position;
  if (error.keyword === "required")
    return { file, line, column, message: `${error.params.missingProperty} is missing` };
  const isUnknown = error.keyword === "additionalProperties";
  const key: string = isUnknown ? error.params.additionalProperty : error.instancePath.slice(1);
  const entry = section.entries.get(key);
  const message = isUnknown
    ? `unknown key ${key}; known here: ${known.join(", ")}`
    : `${key} cannot have the value ${entry?.value.text}`;
  const at = isUnknown ? entry?.key : entry?.value;
  return { file, line: at?.line ?? line, column: at?.column ?? column, message };
}
