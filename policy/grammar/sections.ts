import { Ajv, type ErrorObject } from "ajv";
import { parse as parseIni } from "ini";
import type { PortRange } from "../policy.ts";
import { parseHostIps, parseRanges } from "./address-lists.ts";
import { parsePortRange, parsePublishedPorts } from "./port-ranges.ts";
import type { Problem } from "./problem.ts";
import type { Entry, Section, Token } from "./scan.ts";
import {
  limitUpTo,
  listOf,
  numberFrom,
  oneOf,
  parseConflistName,
  parseRate,
  parseYesOrNo,
  ValueError,
  type ValueParser,
} from "./values.ts";

/** A bridge has 1023 ports (D8); the rest is for the host's own interfaces. */
export const mostAttachments = 999;
const mostAddresses = 65535;
const mostPublishedPorts = 65535;
const mostConnections = 4_000_000;

/** What may stand in a `[network NAME]` section. */
const networkKeys = {
  conflist: parseConflistName,
  attachments: numberFrom(1, mostAttachments),
  isolation: oneOf("alone", "user", "group", "open"),
  "host-access": wordOr("none", "all", listOf(parsePortRange)),
  egress: wordOr("none", "any", parseRanges),
  masquerade: parseYesOrNo,
};

/** What may stand in an `[allow SUBJECT network:NAME]` section. */
const allowKeys = {
  attachments: limitUpTo(mostAttachments),
  addresses: limitUpTo(mostAddresses),
  "published-ports": limitUpTo(mostPublishedPorts),
  "static-ips": parseRanges,
  mac: oneOf("auto", "chosen"),
  ports: listOf<PortRange>(parsePublishedPorts),
  "host-ips": parseHostIps,
  bandwidth: parseRate,
  "bandwidth-in": parseRate,
  "bandwidth-out": parseRate,
  connections: limitUpTo(mostConnections),
  nested: parseYesOrNo,
  names: parseYesOrNo,
};

/** Either of two words, or what the parser reads. */
function wordOr<First extends string, Second extends string, Value>(
  first: First,
  second: Second,
  parse: ValueParser<Value>,
): ValueParser<First | Second | Value> {
  return (text) => (text === first || text === second ? (text as First | Second) : parse(text));
}

/** A value with the place where it is written. */
export interface Read<Value> {
  readonly value: Value;
  readonly token: Token;
}

type Keys = Record<string, ValueParser<unknown>>;
type ReadValues<Table extends Keys> = {
  readonly [Key in keyof Table]: Read<ReturnType<Table[Key]>> | undefined;
};
export type AllowValues = ReadValues<typeof allowKeys>;

/** Reads the values of a section of one kind; undefined when there is a problem, which is then added to the list. */
type SectionReader<Table extends Keys> = (
  section: Section,
  problems: Problem[],
) => ReadValues<Table> | undefined;

export const readNetworkSection = readerOf(networkKeys, ["conflist"]);
export const readAllowSection = readerOf(allowKeys, []);

function readerOf<Table extends Keys>(
  keys: Table,
  required: readonly (keyof Table & string)[],
): SectionReader<Table> {
  const validate = new Ajv({ allErrors: true }).compile<Record<string, string>>({
    type: "object",
    properties: Object.fromEntries(Object.keys(keys).map((key) => [key, { type: "string" }])),
    additionalProperties: false,
    required,
  });
  return (section, problems) => {
    const before = problems.length;
    // Section by section: `ini` would make nested sections of the dots in a head.
    const document: unknown = parseIni(textOf(section));
    const isOfForm = validate(document);
    for (const error of validate.errors ?? []) problems.push(...problemsOf(error, section, keys));
    // Read even if a key is wrong: all that is wrong with a section is said at once.
    const values = Object.entries(keys).map(([key, parse]) => [
      key,
      read(parse, section.entries.get(key), problems),
    ]);
    const isRead = isOfForm && problems.length === before;
    return isRead ? (Object.fromEntries(values) as ReadValues<Table>) : undefined;
  };
}

function textOf(section: Section): string {
  return [...section.entries.values()].map(({ key, value }) => `${key.text}=${value.text}`).join("\n");
}

function read(
  parse: ValueParser<unknown>,
  entry: Entry | undefined,
  problems: Problem[],
): Read<unknown> | undefined {
  if (entry === undefined) return undefined;
  try {
    return { value: parse(entry.value.text), token: entry.value };
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const { file, line, column } = entry.value;
    const message = `${entry.key.text} ${error.message}`;
    problems.push({ file, line, column: column + error.offset, message });
    return undefined;
  }
}

function problemsOf(error: ErrorObject, section: Section, keys: Keys): Problem[] {
  const { file, line, column } = section.position;
  if (error.keyword === "required")
    return [{ file, line, column, message: `${error.params.missingProperty} is missing` }];
  if (error.keyword === "additionalProperties") {
    const key: string = error.params.additionalProperty;
    const at = section.entries.get(key)?.key ?? section.position;
    const message = `unknown key ${key}; known here: ${Object.keys(keys).join(", ")}`;
    return [{ file, line: at.line, column: at.column, message }];
  }
  // `ini` makes true, false and null of these words, which no key takes; its parser says what it does take.
  return [];
}
