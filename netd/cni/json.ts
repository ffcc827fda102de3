import type { ErrorObject } from "ajv";

/** What JSON.parse returns. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is wrong first with a value, as a person reads it: "at plugins/0/type: must match pattern ...". */
export function describeSchemaErrors(errors: readonly ErrorObject[] | null | undefined): string {
  const [first] = errors ?? [];
  if (!first) return "does not have the right form";
  const where = first.instancePath === "" ? "" : `at ${first.instancePath.slice(1)}: `;
  return `${where}${first.message ?? first.keyword}`;
}

/** A number in the value that JavaScript cannot hold exactly, and so would pass on as another one. */
export function findInexactNumber(value: Json | undefined): number | undefined {
  if (typeof value === "number")
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  for (const inner of Object.values(value)) {
    const found = findInexactNumber(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}
