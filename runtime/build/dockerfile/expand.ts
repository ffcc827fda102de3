import type { EscapeToken } from "./directives.ts";
import { removeMatch, replaceMatches } from "./shell-pattern.ts";

export interface ExpandOptions {
  readonly escape: EscapeToken;
  /** The value of a variable; undefined when it is not set. */
  readonly lookup: (name: string) => string | undefined;
  /** What a variable that is not set becomes: nothing, or its own spelling. Default: nothing. */
  readonly unset?: "empty" | "keep";
  /** Keep quotes and escapes as they are: a here-document's text, which is not a word. */
  readonly quoting?: "removed" | "kept";
}

/** A word in which variables cannot be substituted. The caller adds the place. */
export class SubstitutionError extends Error {
  override readonly name = "SubstitutionError";
}

/** Substitutes variables and removes quotes; the result is one word, whatever is in the variables. */
export function expandWord(text: string, options: ExpandOptions): string {
  return new Expansion(text, options).run().text;
}

/** The same, but white space outside of quotes splits, that of variables' values, too. */
export function expandWords(text: string, options: ExpandOptions): string[] {
  return new Expansion(text, options).run().words;
}

/** Nobody writes so many; each takes room on the stack. */
const deepestNesting = 100;

/** Names that are one character. */
const specialNames = "@*#?-$!0";

class Expansion {
  readonly #text: string;
  readonly #options: ExpandOptions;
  #index = 0;
  #depth = 0;

  constructor(text: string, options: ExpandOptions) {
    this.#text = text;
    this.#options = options;
  }

  run(): Output {
    const output = new Output();
    this.#expand(output, undefined);
    output.endWord();
    return output;
  }

  /** Goes on to `stop`, which it takes, or to the end. */
  #expand(output: Output, stop: "}" | "/" | undefined, escapes: "removed" | "kept" = "removed"): void {
    const token = this.#options.escape;
    const keepsQuotes = this.#options.quoting === "kept";
    while (this.#index < this.#text.length) {
      const character = this.#take();
      if (character === stop) return;
      if (character === "$") this.#dollar(output, "split");
      else if (character === token && keepsQuotes) this.#escapeInText(output);
      else if (character === token) {
        if (escapes === "kept") output.quoted(token);
        // At the very end there is nothing to escape.
        output.quoted(this.#take());
      } else if (character === "'" && !keepsQuotes) this.#singleQuoted(output);
      else if (character === '"' && !keepsQuotes) this.#doubleQuoted(output);
      else output.plain(character);
    }
    if (stop === "}") throw new SubstitutionError("a brace after $ that is not closed");
    if (stop === "/") throw new SubstitutionError("no / after the pattern to replace");
  }

  /** In a here-document as in the shell's: the escape makes a dollar, itself and a grave accent literal, and nothing else. */
  #escapeInText(output: Output): void {
    const token = this.#options.escape;
    const next = this.#text.charAt(this.#index);
    if (next === "$" || next === token) output.quoted(this.#take());
    else output.quoted(token);
  }

  #singleQuoted(output: Output): void {
    const end = this.#text.indexOf("'", this.#index);
    if (end < 0) throw new SubstitutionError("a single quote without its other one");
    output.quoted(this.#text.slice(this.#index, end));
    this.#index = end + 1;
  }

  #doubleQuoted(output: Output): void {
    output.quoted("");
    const token = this.#options.escape;
    while (this.#index < this.#text.length) {
      const character = this.#take();
      if (character === '"') return;
      if (character === "$") this.#dollar(output, "whole");
      else if (character !== token) output.quoted(character);
      else {
        const next = this.#take();
        output.quoted(next === '"' || next === "$" || next === token ? next : token + next);
      }
    }
    throw new SubstitutionError("a double quote without its other one");
  }

  #dollar(output: Output, splitting: "split" | "whole"): void {
    const value = this.#text.charAt(this.#index) === "{" ? this.#braced() : this.#bare();
    if (splitting === "split") output.plain(value);
    else output.quoted(value);
  }

  #bare(): string {
    const name = this.#takeName();
    if (name === "") return "$";
    return this.#lookup(name) ?? this.#unset(`$${name}`);
  }

  #braced(): string {
    const start = this.#index - 1;
    this.#index++;
    const name = this.#takeName();
    if (name === "") throw new SubstitutionError(`"${this.#text.slice(start)}": no name after \${`);
    const operator = this.#take();
    const value = this.#lookup(name);
    switch (operator) {
      case "}":
        return value ?? this.#unset(this.#text.slice(start, this.#index));
      case ":":
        return this.#default(name, value === "" ? undefined : value, `:${this.#take()}`, start);
      case "-":
      case "+":
      case "?":
        return this.#default(name, value, operator, start);
      case "#":
      case "%":
        return this.#trimmed(value, operator, start);
      case "/":
        return this.#replaced(value, start);
      case "":
        throw new SubstitutionError("a brace after $ that is not closed");
      default:
        throw new SubstitutionError(`\${${name}${operator}: there is no such operator`);
    }
  }

  /** @param value undefined also when it is empty and the operator has a colon */
  #default(name: string, value: string | undefined, operator: string, start: number): string {
    const word = this.#nested("}", "removed");
    switch (operator.at(-1)) {
      case "-":
        return value ?? word;
      case "+":
        return value === undefined ? "" : word;
      case "?":
        if (value !== undefined) return value;
        throw new SubstitutionError(`${name}: ${word === "" ? "is not allowed to be unset" : word}`);
      default:
        throw new SubstitutionError(`${this.#text.slice(start, this.#index)}: there is no such operator`);
    }
  }

  #trimmed(value: string | undefined, operator: "#" | "%", start: number): string {
    const isDoubled = this.#text.charAt(this.#index) === operator;
    if (isDoubled) this.#index++;
    const pattern = this.#nested("}", "kept");
    if (value === undefined) return this.#unset(this.#text.slice(start, this.#index));
    const from = operator === "#" ? "start" : "end";
    return removeMatch(value, pattern, from, isDoubled ? "longest" : "shortest");
  }

  #replaced(value: string | undefined, start: number): string {
    const isAll = this.#text.charAt(this.#index) === "/";
    if (isAll) this.#index++;
    const pattern = this.#nested("/", "kept");
    const replacement = this.#nested("}", "removed");
    if (value === undefined) return this.#unset(this.#text.slice(start, this.#index));
    return replaceMatches(value, pattern, replacement, isAll ? "all" : "first");
  }

  #nested(stop: "}" | "/", escapes: "removed" | "kept"): string {
    const output = new Output();
    if (++this.#depth > deepestNesting)
      throw new SubstitutionError(`more than ${deepestNesting} substitutions within each other`);
    this.#expand(output, stop, escapes);
    this.#depth--;
    return output.text;
  }

  #lookup(name: string): string | undefined {
    return this.#options.lookup(name);
  }

  #unset(spelling: string): string {
    return this.#options.unset === "keep" ? spelling : "";
  }

  #takeName(): string {
    const rest = this.#text.slice(this.#index);
    const [word] = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+)/.exec(rest) ?? [];
    const name = word ?? (rest !== "" && specialNames.includes(rest.charAt(0)) ? rest.charAt(0) : "");
    this.#index += name.length;
    return name;
  }

  /** The next character; "" at the end. */
  #take(): string {
    const code = this.#text.codePointAt(this.#index);
    if (code === undefined) return "";
    const character = String.fromCodePoint(code);
    this.#index += character.length;
    return character;
  }
}

/** What comes out, as one text and as words. */
class Output {
  text = "";
  readonly words: string[] = [];
  #word: string | undefined;

  /** White space in it ends words. */
  plain(text: string): void {
    this.text += text;
    for (const part of text.split(/(\s)/)) {
      if (part === "") continue;
      if (/^\s$/.test(part)) this.endWord();
      else this.#word = (this.#word ?? "") + part;
    }
  }

  quoted(text: string): void {
    this.text += text;
    this.#word = (this.#word ?? "") + text;
  }

  endWord(): void {
    if (this.#word !== undefined) this.words.push(this.#word);
    this.#word = undefined;
  }
}
