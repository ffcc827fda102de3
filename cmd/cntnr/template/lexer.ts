import { UsageError } from "../../command-line/usage-error.ts";

/** A word of an action. `chained`: it follows what is before it without a space, as a field of a field does. */
export type Token = { readonly chained: boolean } & (
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "word"; readonly name: string }
  | { readonly kind: "literal"; readonly value: string | number }
  | { readonly kind: "sign"; readonly name: "." | "|" | "(" | ")" | "," | ":=" | "=" }
);

/** A piece of a template: text, or the words between {{ and }}. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly tokens: readonly Token[]; readonly source: string };

/** Cuts a template into pieces; `{{- ` and ` -}}` take the white space beside them away. Throws UsageError. */
export function lex(template: string): Piece[] {
  const pieces: Piece[] = [];
  let trimsNext = false;
  for (let at = 0; at < template.length; ) {
    const open = template.indexOf("{{", at);
    const end = open < 0 ? template.length : open;
    const trimsEnd = open >= 0 && /^\{\{-\s/.test(template.slice(open, open + 4));
    let text = template.slice(at, end);
    if (trimsNext) text = text.trimStart();
    if (trimsEnd) text = text.trimEnd();
    if (text !== "") pieces.push({ kind: "text", text: withEscapes(text) });
    if (open < 0) break;
    const close = endOfAction(template, open + 2);
    const inner = template.slice(open + (trimsEnd ? 3 : 2), close);
    trimsNext = /\s-$/.test(inner);
    const source = (trimsNext ? inner.slice(0, -1) : inner).trim();
    if (!isComment(source)) pieces.push({ kind: "action", tokens: tokensOf(source), source });
    at = close + 2;
  }
  return pieces;
}

/** In single quotes, shells hand \t and \n on as they are written. */
function withEscapes(text: string): string {
  return text.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}

function isComment(source: string): boolean {
  return source.startsWith("/*") && source.endsWith("*/");
}

/** Where the action's }} is: not within a string. */
function endOfAction(template: string, start: number): number {
  const rest = template.slice(start);
  const match = /^(?:"(?:[^"\\\n]|\\.)*"|`[^`]*`|\/\*[\s\S]*?\*\/|(?!\}\})[\s\S])*/.exec(rest);
  const length = match?.[0].length ?? 0;
  if (rest.slice(length, length + 2) !== "}}") throw templateError("an action that begins with {{ has no }}");
  return start + length;
}

const patterns: readonly {
  readonly pattern: RegExp;
  readonly token: (match: RegExpExecArray) => DistributiveOmit<Token, "chained">;
}[] = [
  {
    pattern: /"(?:[^"\\\n]|\\.)*"/y,
    token: ([text]) => ({ kind: "literal", value: unquote(text) }),
  },
  { pattern: /`([^`]*)`/y, token: ([, text = ""]) => ({ kind: "literal", value: text }) },
  {
    pattern: /[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y,
    token: ([text]) => ({ kind: "literal", value: Number(text) }),
  },
  { pattern: /\.([\p{L}_][\p{L}\p{N}_]*)/uy, token: ([, name = ""]) => ({ kind: "field", name }) },
  { pattern: /\$([\p{L}\p{N}_]*)/uy, token: ([, name = ""]) => ({ kind: "variable", name }) },
  { pattern: /[\p{L}_][\p{L}\p{N}_]*/uy, token: ([name]) => ({ kind: "word", name }) },
  { pattern: /:=|[.|(),=]/y, token: ([name]) => ({ kind: "sign", name: signOf(name) }) },
];

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < source.length; ) {
    const space = /\s*/y;
    space.lastIndex = at;
    const skipped = space.exec(source)?.[0].length ?? 0;
    at += skipped;
    const found = matchAt(source, at);
    if (!found) throw templateError(`${source}: unexpected ${JSON.stringify(source.slice(at, at + 10))}`);
    tokens.push({ ...found.token, chained: skipped === 0 && tokens.length > 0 });
    at += found.length;
  }
  return tokens;
}

function matchAt(source: string, at: number) {
  for (const { pattern, token } of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match) return { token: token(match), length: match[0].length };
  }
  return undefined;
}

function signOf(text: string): Extract<Token, { kind: "sign" }>["name"] {
  switch (text) {
    case ".":
    case "|":
    case "(":
    case ")":
    case ",":
    case ":=":
    case "=":
      return text;
    default:
      throw new RangeError(text);
  }
}

/** A Go string in double quotes. */
function unquote(text: string): string {
  const simple: Record<string, string> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v" };
  return text
    .slice(1, -1)
    .replace(
      /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/g,
      (
        _,
        hex: string | undefined,
        short: string | undefined,
        long: string | undefined,
        octal: string | undefined,
        other: string | undefined,
      ) => {
        const code = hex ?? short ?? long;
        if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
        if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
        return simple[other ?? ""] ?? other ?? "";
      },
    );
}

export function templateError(reason: string): UsageError {
  return new UsageError(`--format: ${reason}`);
}
