/** `--name` or `--name=value`, as written. */
export interface WrittenFlag {
  readonly name: string;
  /** Undefined when there is no `=`. */
  readonly value: string | undefined;
  readonly offset: number;
  readonly length: number;
}

export interface FlagsAndRest {
  readonly flags: readonly WrittenFlag[];
  /** Where what follows the flags begins. */
  readonly restOffset: number;
}

/** Takes the flags off the beginning of an instruction's arguments, which begin at `offset`. `--` alone ends them. */
export function takeFlags(text: string, offset: number, escapeToken: string): FlagsAndRest {
  const flags: WrittenFlag[] = [];
  let index = skipSpace(text, offset);
  while (text.startsWith("--", index)) {
    const { value: word, end } = readFlagWord(text, index, escapeToken);
    const next = skipSpace(text, end);
    if (word === "--") return { flags, restOffset: next };
    const equals = word.indexOf("=");
    flags.push({
      name: word.slice(2, equals < 0 ? undefined : equals),
      value: equals < 0 ? undefined : word.slice(equals + 1),
      offset: index,
      length: end - index,
    });
    index = next;
  }
  return { flags, restOffset: index };
}

/** Quotes keep white space together and stay; the escape character makes the next one part of the word and goes. */
function readFlagWord(text: string, start: number, escapeToken: string): { value: string; end: number } {
  let value = "";
  let quote = "";
  let index = start;
  for (; index < text.length; index++) {
    const character = text.charAt(index);
    if (quote === "" && /\s/.test(character)) break;
    if (character === escapeToken && index + 1 < text.length) {
      index++;
      value += text.charAt(index);
      continue;
    }
    if (quote === "" && (character === "'" || character === '"')) quote = character;
    else if (character === quote) quote = "";
    value += character;
  }
  return { value, end: index };
}

function skipSpace(text: string, index: number): number {
  return index + (/^\s*/.exec(text.slice(index))?.[0].length ?? 0);
}
