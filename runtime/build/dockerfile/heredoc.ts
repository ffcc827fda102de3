import { expandWord } from "./expand.ts";
import { splitWords } from "./words.ts";

/** The operator of a here-document, `<<EOF`, as a word of its own. */
export interface HeredocMark {
  /** The line that ends it. */
  readonly name: string;
  /** No part of the name was quoted: variables in the text are substituted. */
  readonly expands: boolean;
  /** `<<-`: tabs at the beginnings of lines are not part of it. */
  readonly stripsTabs: boolean;
  /** The word. */
  readonly word: string;
}

export interface Heredoc extends HeredocMark {
  /** The lines before the one that ends it, each with its line end. */
  readonly content: string;
}

/** The here-documents that a line begins, in order. A line with a quotation that is not ended begins none. */
export function heredocMarks(line: string, escapeToken: string): HeredocMark[] {
  const { words, isClosed } = splitWords(line, escapeToken, "whole");
  if (!isClosed) return [];
  return words.flatMap(({ text }) => parseHeredocMark(text) ?? []);
}

/** `[digits]<<[-]NAME`; undefined for any other word. */
export function parseHeredocMark(word: string): HeredocMark | undefined {
  const [, dash = "", rest = ""] = /^[0-9]*<<(-?)([^<]*)$/.exec(word) ?? [];
  if (rest === "") return undefined;
  const { words, isClosed } = splitWords(rest, "\\", "whole");
  if (!isClosed || words.length !== 1) return undefined;
  // The shell's rule (POSIX, 2.7.4): quoting any part of the word makes the text literal.
  const name = expandWord(rest, { escape: "\\", lookup: () => undefined, unset: "keep" });
  return { name, expands: name === rest, stripsTabs: dash === "-", word };
}

/** The text as its command gets it. */
export function heredocText({ content, stripsTabs }: Heredoc): string {
  return stripsTabs ? withoutTabs(content) : content;
}

export function withoutTabs(text: string): string {
  return text.replace(/^\t+/gm, "");
}
