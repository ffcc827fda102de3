import type { Position, Problem } from "./problem.ts";

/** A piece of a line, and where it begins. */
export interface Token extends Position {
  readonly text: string;
}

export interface Entry {
  readonly key: Token;
  readonly value: Token;
}

/** A `[...]` line with the entries below it. */
export interface Section {
  /** What is between the brackets, blank-separated. */
  readonly head: readonly Token[];
  readonly title: string;
  readonly position: Position;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Scan {
  readonly sections: readonly Section[];
  readonly problems: readonly Problem[];
}

/** Longest line; every rule of the grammar fits into it many times. */
const maxLineLength = 4096;
/** A tab is a blank; every other control character is a mistake or an attempt to deceive a reader of the file. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCharacter = /[\0-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;
/** Editors of Windows begin files with it. */
const byteOrderMark = /^\ufeff/;
const keyForm = /^[a-z][a-z0-9-]*$/;

/**
 * Splits a policy file into sections and entries, strictly (C7): what the `ini` package would take silently (a key
 * twice, a key outside of a section, a line that is nothing, `__proto__`, quotes, escapes, arrays) is a problem with a
 * place. What is without problems means the same to both.
 */
export function scan(file: string, bytes: Buffer): Scan {
  const text = decode(bytes);
  if (text === undefined)
    return { sections: [], problems: [{ file, ...firstStrangeByte(bytes), message: "is not UTF-8" }] };
  const scanner = new Scanner(file);
  if (byteOrderMark.test(text)) scanner.refuseByteOrderMark();
  const lines = text.replace(byteOrderMark, "").split("\n");
  for (const [index, line] of lines.entries()) scanner.take(line, index + 1);
  return scanner;
}

class Scanner implements Scan {
  readonly sections: Section[] = [];
  readonly problems: Problem[] = [];
  /** Where entries go: the newest section's, or nowhere in particular below a head that cannot be read. */
  #entries: Map<string, Entry> | undefined;

  constructor(private readonly file: string) {}

  /** What follows it is read as it looks, or nothing of the first line would be understood. */
  refuseByteOrderMark(): void {
    this.#problem(
      { file: this.file, line: 1, column: 1 },
      "byte order mark: save the file as UTF-8 without it",
    );
  }

  take(line: string, number: number): void {
    const at = (column: number): Position => ({ file: this.file, line: number, column });
    const problem = (column: number, message: string) => this.#problem(at(column), message);
    if (line.length > maxLineLength)
      return void problem(maxLineLength, `line is longer than ${maxLineLength} characters`);
    const control = controlCharacter.exec(line);
    if (control) return void problem(control.index + 1, describeControl(control[0]));
    const start = line.search(/[^\t ]|$/);
    if (line[start] === "[") this.#takeHead(line, start, at);
    else this.#takeEntry(withoutComment(line), start, at);
  }

  /** In a head `;` and `#` are no comments: `user:#1000` is a subject. */
  #takeHead(line: string, start: number, at: (column: number) => Position): void {
    const entries = new Map<string, Entry>();
    this.#entries = entries;
    const end = line.indexOf("]");
    if (end < 0) return void this.#problem(at(line.length + 1), "section head without its ]");
    const behind = /[^\t ]/.exec(line.slice(end + 1));
    if (behind && !/[;#]/.test(behind[0]))
      this.#problem(at(end + 2 + behind.index), "something follows the section's ]");
    const inner = line.slice(start + 1, end);
    const head = [...inner.matchAll(/[^\t ]+/g)].map((match) => ({
      ...at(start + 2 + match.index),
      text: match[0],
    }));
    const title = head.map((token) => token.text).join(" ");
    this.sections.push({ head, title, position: at(start + 1), entries });
  }

  #takeEntry(content: string, start: number, at: (column: number) => Position): void {
    const problem = (column: number, message: string) => this.#problem(at(column), message);
    if (content.length === 0) return;
    const strange = /[^\t -~]|["'\\]/.exec(content);
    if (strange) return void problem(strange.index + 1, "only plain ASCII without quotes and backslashes");
    const equals = content.indexOf("=");
    if (equals < 0) return void problem(start + 1, "neither [section] nor key = value");
    const key = { ...at(start + 1), text: content.slice(start, equals).trimEnd() };
    const rest = content.slice(equals + 1);
    const valueStart = equals + 1 + rest.search(/[^\t ]|$/);
    const value = { ...at(valueStart + 1), text: content.slice(valueStart) };
    if (!keyForm.test(key.text)) return void problem(start + 1, "a key is lower-case letters, digits and -");
    if (value.text === "") return void problem(content.length + 1, `${key.text} has no value`);
    if (!this.#entries) return void problem(start + 1, "stands before the first [section]");
    const first = this.#entries.get(key.text);
    if (first) return void problem(start + 1, `${key.text} is given twice, first in line ${first.key.line}`);
    this.#entries.set(key.text, { key, value });
  }

  #problem({ file, line, column }: Position, message: string): void {
    this.problems.push({ file, line, column, message });
  }
}

/** No regular expression finds the end of trailing blanks in linear time (Q10). */
function withoutComment(line: string): string {
  const comment = line.search(/[;#]/);
  let end = comment < 0 ? line.length : comment;
  while (end > 0 && (line[end - 1] === " " || line[end - 1] === "\t")) end -= 1;
  return line.slice(0, end);
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Written again, the text is another from there on. Line and column count from 1. */
function firstStrangeByte(bytes: Buffer): { readonly line: number; readonly column: number } {
  const again = Buffer.from(bytes.toString("utf8"));
  const index = bytes.findIndex((byte, position) => byte !== again[position]);
  const lines = bytes.toString("utf8", 0, index).split("\n");
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}

function describeControl(character: string): string {
  if (character === "\r") return "carriage return: save the file with Unix line ends";
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return `control character U+${code}`;
}
