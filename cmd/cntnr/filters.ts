import { CntnrError } from "../../runtime/errors/cntnr-error.ts";

/** `--filter KEY=VALUE`, all of them, by key. Values of one key are alternatives, as docker's. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** Throws CntnrError `usage` for a key that is not among the known ones. */
export function parseFilters(texts: readonly string[], known: readonly string[]): Filters {
  const filters = new Map<string, string[]>();
  for (const text of texts) {
    const equals = text.indexOf("=");
    const key = equals < 0 ? text : text.slice(0, equals);
    if (equals < 0 || !known.includes(key))
      throw new CntnrError(
        "usage",
        `--filter "${text}": it is KEY=VALUE, with KEY one of ${known.join(", ")}`,
      );
    filters.set(key, [...(filters.get(key) ?? []), text.slice(equals + 1)]);
  }
  return filters;
}

/** True when there is no filter of that key, or one of its values matches. */
export function matches(filters: Filters, key: string, isMatch: (value: string) => boolean): boolean {
  return filters.get(key)?.some(isMatch) ?? true;
}

/** `label=KEY` or `label=KEY=VALUE`: here all have to match, as docker has it. */
export function matchesLabels(
  filters: Filters,
  key: string,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (filters.get(key) ?? []).every((text) => {
    const equals = text.indexOf("=");
    if (equals < 0) return text in labels;
    return labels[text.slice(0, equals)] === text.slice(equals + 1);
  });
}
