import type { CntnrError } from "../../errors/cntnr-error.ts";
import type { EscapeToken } from "./directives.ts";
import { takeFlags, type WrittenFlag } from "./flags.ts";
import { parseJsonForm } from "./json-form.ts";
import type { LogicalLine } from "./logical-lines.ts";
import { errorAt, type Source } from "./source.ts";

/** One instruction's line while it is parsed: keyword, flags and the text after them, and errors at their places. */
export class InstructionReader {
  /** In capitals. */
  readonly keyword: string;
  /** What follows the keyword and its flags. */
  readonly rest: string;
  readonly #flags: Map<string, WrittenFlag[]>;
  readonly #restOffset: number;

  constructor(
    readonly source: Source,
    readonly line: LogicalLine,
    readonly escapeToken: EscapeToken,
    /** Instructions whose arguments begin with flags; of the others `--x` is an argument. */
    keywordsWithFlags: ReadonlySet<string>,
  ) {
    const [keyword = ""] = /^\S+/.exec(line.text) ?? [];
    this.keyword = keyword.toUpperCase();
    const { flags, restOffset } = keywordsWithFlags.has(this.keyword)
      ? takeFlags(line.text, keyword.length, escapeToken)
      : { flags: [], restOffset: line.text.length - line.text.slice(keyword.length).trimStart().length };
    this.#flags = Map.groupBy(flags, ({ name }) => name);
    this.#restOffset = restOffset;
    this.rest = line.text.slice(restOffset);
  }

  /** Refuses flags that are not among `known`, and those given twice that are not among `repeatable`. */
  checkFlags(known: readonly string[], repeatable: readonly string[] = []): void {
    for (const [name, [first, second]] of this.#flags) {
      if (!first) continue;
      if (!known.includes(name) && !repeatable.includes(name))
        throw this.errorAtFlag(first, `${this.keyword} has no flag --${name}`);
      if (second && !repeatable.includes(name)) throw this.errorAtFlag(second, `--${name} stands here twice`);
    }
  }

  /** A flag's value; undefined when it is not there. */
  flag(name: string): string | undefined {
    const [flag] = this.#flags.get(name) ?? [];
    return flag && this.#valueOf(flag);
  }

  flagValues(name: string): string[] {
    return (this.#flags.get(name) ?? []).map((flag) => this.#valueOf(flag));
  }

  /** A switch: `--link`, `--link=false`. Undefined when it is not there. */
  switch(name: string): boolean | undefined {
    const [flag] = this.#flags.get(name) ?? [];
    if (!flag) return undefined;
    const value = flag.value ?? "true";
    if (/^(?:1|t|true|T|TRUE|True)$/.test(value)) return true;
    if (/^(?:0|f|false|F|FALSE|False)$/.test(value)) return false;
    throw this.errorAtFlag(flag, `--${name} is true or false, not "${value}"`);
  }

  /** The arguments as strings if they have the JSON form. Throws for JSON that has other values in it. */
  json(): readonly string[] | undefined {
    const form = parseJsonForm(this.rest);
    if (form.kind === "other-values")
      throw this.error(`${this.keyword}: only strings can stand in the JSON form's array`);
    return form.kind === "strings" ? form.strings : undefined;
  }

  /** An error at the instruction as a whole. */
  error(message: string): CntnrError {
    return errorAt(this.source, this.line.range, message);
  }

  /** An error at `length` characters of the rest, from `offset` on. */
  errorAtRest(offset: number, length: number, message: string): CntnrError {
    return this.#errorAtText(this.#restOffset + offset, length, message);
  }

  errorAtFlag({ offset, length }: WrittenFlag, message: string): CntnrError {
    return this.#errorAtText(offset, length, message);
  }

  /** An error at the flag of this name. */
  flagError(name: string, message: string): CntnrError {
    const [flag] = this.#flags.get(name) ?? [];
    return flag ? this.errorAtFlag(flag, message) : this.error(message);
  }

  #errorAtText(offset: number, length: number, message: string): CntnrError {
    const start = this.line.positionAt(offset);
    const end = this.line.positionAt(offset + length);
    return errorAt(this.source, { start, end }, message);
  }

  #valueOf(flag: WrittenFlag): string {
    if (flag.value !== undefined) return flag.value;
    throw this.errorAtFlag(flag, `--${flag.name} needs a value: --${flag.name}=...`);
  }
}
