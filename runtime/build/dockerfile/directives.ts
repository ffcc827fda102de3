import { errorAt, type Source } from "./source.ts";

/** Escapes a character, or a line's end. */
export type EscapeToken = "\\" | "`";

/** The parser directives at the top of a file. */
export interface Directives {
  readonly escape: EscapeToken;
  readonly syntax?: string;
  readonly check?: string;
}

const names = ["escape", "syntax", "check"] as const;
type Name = (typeof names)[number];

/**
 * Reads directives from the first lines. They end at the first line that is none: one of an unknown name is a comment
 * already. A first line `#!` is passed over.
 */
export function readDirectives(source: Source): Directives {
  const found = new Map<Name, string>();
  for (const [index, line] of source.lines.entries()) {
    if (index === 0 && line.startsWith("#!")) continue;
    const [, key = "", value = ""] = /^\s*#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    const name = names.find((known) => known === key.toLowerCase());
    if (!name) break;
    const range = {
      start: { line: index + 1, column: 1 },
      end: { line: index + 1, column: line.length + 1 },
    };
    if (found.has(name)) throw errorAt(source, range, `the directive ${name} stands here a second time`);
    if (name === "escape" && value !== "\\" && value !== "`")
      throw errorAt(source, range, `escape=${value}: the escape character is \\ or \``);
    found.set(name, value);
  }
  const syntax = found.get("syntax");
  const check = found.get("check");
  return {
    escape: found.get("escape") === "`" ? "`" : "\\",
    ...(syntax === undefined ? {} : { syntax }),
    ...(check === undefined ? {} : { check }),
  };
}
