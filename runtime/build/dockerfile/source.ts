import { CntnrError } from "../../errors/cntnr-error.ts";

/** A Dockerfile's text, and the name that messages call it by. */
export interface Source {
  readonly name: string;
  /** Without their line ends. */
  readonly lines: readonly string[];
}

/** Line and column count from 1; columns in UTF-16 code units, as editors count them. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** `end` is behind the last character. */
export interface SourceRange {
  readonly start: Position;
  readonly end: Position;
}

/** Lines shown before and after those that are at fault. */
const contextLines = 2;
const longestExcerpt = 16;

/** Takes a file's text apart. A byte order mark at its start is not part of it. */
export function sourceOf(name: string, text: string): Source {
  return { name, lines: text.replace(/^\ufeff/, "").split(/\r?\n/) };
}

/** An error in a Dockerfile or of one of its steps: place and message, then the lines with their neighbours. */
export function errorAt(
  source: Source,
  range: SourceRange,
  message: string,
  options?: ErrorOptions,
): CntnrError {
  const place = `${source.name}:${range.start.line}:${range.start.column}`;
  return new CntnrError("build", `${place}: ${printable(message)}\n${excerptOf(source, range)}`, options);
}

function excerptOf(source: Source, { start, end }: SourceRange): string {
  const first = Math.max(start.line - contextLines, 1);
  const last = Math.min(end.line + contextLines, source.lines.length);
  const width = String(last).length + 2;
  const shown: string[] = [];
  for (let number = first; number <= last; number++) {
    const mark = number >= start.line && number <= end.line ? ">>>" : "   ";
    const text = printable(source.lines[number - 1] ?? "");
    shown.push(`${String(number).padStart(width)} | ${mark} ${text}`.trimEnd());
  }
  const cut = shown.length > longestExcerpt ? [...shown.slice(0, longestExcerpt), "  ..."] : shown;
  const rule = "-".repeat(20);
  return [rule, ...cut, rule].join("\n");
}

/** Control characters of somebody else's file do not reach the terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
}
