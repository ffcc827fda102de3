/*
 * JSON with numbers of 64 bits, which a number of JavaScript cannot hold: they are big integers here.
 */

declare global {
  interface JSON {
    /** A value that is written as it stands (proposal-json-parse-with-source, which JavaScriptCore has). */
    rawJSON(text: string): object;
  }
}

/** Throws SyntaxError. */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text, (_, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? BigInt(context?.source ?? 0)
      : value,
  );
}

export function exactJson(value: object): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "bigint" ? JSON.rawJSON(part.toString()) : part,
  );
}
