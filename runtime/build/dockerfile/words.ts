/** Part of a text between white space, quotes and escapes left as they are. */
export interface Word {
  readonly text: string;
  /** Of its first character in the text. */
  readonly offset: number;
}

export interface Words {
  readonly words: readonly Word[];
  /** False when a quotation is not ended; the last word then goes on to the end of the text. */
  readonly isClosed: boolean;
}

/**
 * Splits at white space outside of quotes.
 * @param braces `whole`: white space in ${...} does not split either
 */
export function splitWords(text: string, escapeToken: string, braces: "whole" | "plain"): Words {
  const words: Word[] = [];
  let start = -1;
  let quote = "";
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    const isEscape = character === escapeToken && quote !== "'";
    if (quote === "" && depth === 0 && /\s/.test(character)) {
      if (start >= 0) words.push({ text: text.slice(start, index), offset: start });
      start = -1;
      continue;
    }
    if (start < 0) start = index;
    if (isEscape) index++;
    else if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === "'" || character === '"') quote = character;
    else if (braces === "whole" && character === "$" && text.charAt(index + 1) === "{") depth++;
    else if (depth > 0 && character === "}") depth--;
  }
  if (start >= 0) words.push({ text: text.slice(start), offset: start });
  return { words, isClosed: quote === "" && depth === 0 };
}

/** Splits at white space alone: quotes mean nothing. */
export function splitFields(text: string): Word[] {
  return [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0], offset: match.index }));
}
