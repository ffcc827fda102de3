import type { Limit } from "./policy.ts";

/** A value that is not what its key takes. */
export class ValueError extends Error {
  override readonly name = "ValueError";
}

/** Strict decimal (C8): no sign, no leading zero, no exponent. */
const decimal = /^(0|[1-9][0-9]{0,9})$/;

/** A whole number between `lowest` and `highest`. Throws ValueError. */
export function parseNumber(text: string, lowest: number, highest: number): number {
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  if (value >= lowest && value <= highest) return value;
  throw new ValueError(`must be a decimal number from ${lowest} to ${highest}`);
}

/** A whole number, or the word `unlimited`. Throws ValueError. */
export function parseLimit(text: string, highest: number): Limit {
  if (text === "unlimited") return text;
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  if (value <= highest) return value;
  throw new ValueError(`must be a decimal number from 0 to ${highest}, or the word unlimited`);
}

/** `yes` or `no`. Throws ValueError. */
export function parseYesOrNo(text: string): boolean {
  if (text === "yes") return true;
  if (text === "no") return false;
  throw new ValueError("must be yes or no");
}

/** The name of a file beside the others: no separator, no leading dot. Throws ValueError. */
export function parseConflistName(text: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}\.conflist$/.test(text)) return text;
  throw new ValueError(
    "must be a file name of letters, digits, _ . - that ends in .conflist, without a directory",
  );
}
