import type { Limit } from "../policy.ts";

/** A value that is not what its key takes. */
export class ValueError extends Error {
  override readonly name = "ValueError";

  constructor(
    message: string,
    /** Characters of the value before the piece that is wrong. */
    readonly offset = 0,
  ) {
    super(message);
  }
}

/** Reads the text of a value. Throws ValueError. */
export type ValueParser<Value> = (text: string) => Value;

/** Strict decimal (C8): no sign, no leading zero, no exponent. */
const decimal = /^(0|[1-9][0-9]{0,9})$/;

/** A whole number from `lowest` to `highest`. */
export function numberFrom(lowest: number, highest: number): ValueParser<number> {
  return (text) => {
    const value = decimal.test(text) ? Number(text) : Number.NaN;
    if (value >= lowest && value <= highest) return value;
    throw new ValueError(`must be a decimal number from ${lowest} to ${highest}`);
  };
}

/** A whole number up to `highest`, or the word `unlimited`. */
export function limitUpTo(highest: number): ValueParser<Limit> {
  return (text) => {
    const value = decimal.test(text) ? Number(text) : Number.NaN;
    if (value <= highest) return value;
    if (text === "unlimited") return text;
    throw new ValueError(`must be a decimal number from 0 to ${highest}, or the word unlimited`);
  };
}

/** One of some words. */
export function oneOf<Word extends string>(...words: readonly Word[]): ValueParser<Word> {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    throw new ValueError(`must be ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`);
  };
}

/** `yes` or `no`. */
export function parseYesOrNo(text: string): boolean {
  return oneOf("yes", "no")(text) === "yes";
}

/** The name of a file beside the others: no separator, no leading dot or dash. */
export function parseConflistName(text: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\.conflist$/.test(text)) return text;
  throw new ValueError(
    "must be a file name of letters, digits, _ . - that ends in .conflist, without a directory, not . or - first",
  );
}

const rateUnits = { "": 1, k: 1e3, M: 1e6, G: 1e9 } as const;
/** tc(8) cannot shape to less. */
const lowestRate = 8;
const highestRate = 1e12;

/** Bits in a second: `200M`, `unlimited`. */
export function parseRate(text: string): Limit {
  if (text === "unlimited") return text;
  const [, digits, unit] = /^([1-9][0-9]{0,12})([kMG]?)$/.exec(text) ?? [];
  const rate = Number(digits) * (rateUnits[unit as keyof typeof rateUnits] ?? Number.NaN);
  if (rate >= lowestRate && rate <= highestRate) return rate;
  throw new ValueError(
    "must be bits in a second from 8 to 1000G, with k, M or G for thousands, or the word unlimited",
  );
}

/** A list with commas, or the word `none` for an empty one. Every entry is there once. */
export function listOf<Item>(parseItem: ValueParser<Item>): ValueParser<readonly Item[]> {
  return (text) => {
    if (text === "none") return [];
    const seen = new Set<string>();
    let offset = 0;
    return text.split(",").map((piece) => {
      const item = piece.trim();
      const start = offset + piece.length - piece.trimStart().length;
      offset += piece.length + 1;
      if (item === "") throw new ValueError("has an empty entry in its list", start);
      if (seen.has(item)) throw new ValueError(`names ${item} twice`, start);
      seen.add(item);
      return parseListed(parseItem, item, start);
    });
  };
}

function parseListed<Item>(parseItem: ValueParser<Item>, item: string, start: number): Item {
  try {
    return parseItem(item);
  } catch (error) {
    if (error instanceof ValueError) throw new ValueError(error.message, start + error.offset);
    throw error;
  }
}
