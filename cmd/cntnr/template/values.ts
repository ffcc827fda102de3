/** Text of a value as Go's fmt prints it (%v). */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "<no value>";
  return innerText(value);
}

function innerText(value: unknown): string {
  if (value === undefined || value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(innerText).join(" ")}]`;
  if (typeof value === "object") {
    const pairs = entriesOf(value).map(([key, inner]) => `${key}:${innerText(inner)}`);
    return `map[${pairs.join(" ")}]`;
  }
  return String(value);
}

/** Keys and values of an object, in the order in which Go goes through a map. */
export function entriesOf(value: object): (readonly [string, unknown])[] {
  return Object.entries(value)
    .filter(([, inner]) => typeof inner !== "function" && inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What an `if` takes for true: not zero, empty or nothing. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

export function lengthOf(value: unknown): number | undefined {
  // As an empty list or map of Go's, which JSON has so.
  if (value === null) return 0;
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  return typeof value === "object" ? entriesOf(value).length : undefined;
}

/** An object's own property; undefined for what is inherited. */
export function propertyOf(value: unknown, name: string): { readonly value: unknown } | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  const entry = Object.entries(value).find(([key]) => key === name);
  return entry && { value: entry[1] };
}
