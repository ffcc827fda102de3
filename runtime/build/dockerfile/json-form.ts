/** What an instruction's arguments are if they are meant as a JSON array. */
export type JsonForm =
  | { readonly kind: "strings"; readonly strings: readonly string[] }
  /** JSON, but with something else than strings in it. */
  | { readonly kind: "other-values" }
  | { readonly kind: "none" };

/** `["a", "b c"]`, and nothing before or after it. What is no valid JSON (`[ -f x ] && y`) is the shell's. */
export function parseJsonForm(text: string): JsonForm {
  const trimmed = text.trim();
  if (!trimmed.startsWith("[")) return { kind: "none" };
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    // Not an error: the shell form may begin with a bracket.
    return { kind: "none" };
  }
  if (!Array.isArray(value)) return { kind: "none" };
  const strings = value.filter((item): item is string => typeof item === "string");
  return strings.length === value.length ? { kind: "strings", strings } : { kind: "other-values" };
}
