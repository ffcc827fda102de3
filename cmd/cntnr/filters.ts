import { CntnrError } from "../../runtime/errors/cntnr-error.ts";

/** `--filter KEY=VALUE`, all of them, by key. Values of one key are alternatives, as docker's. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** Keys that there are; the values of some are words of a list, or have a form. */
export type FilterKeys = Readonly<Record<string, "any" | readonly string[] | RegExp>>;

export const trueOrFalse: readonly string[] = ["true", "false", "1", "0"];

/** Throws CntnrError `usage` for a key or a value that there is not. */
export function parseFilters(texts: readonly string[], keys: FilterKeys): Filters {
  const filters = new Map<string, string[]>();
  for (const text of texts) {
    // The key of label!=KEY=VALUE is label!
    const equals = text.indexOf("=");
    const key = equals < 0 ? text : text.slice(0, equals);
    const values = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (equals < 0 || values === undefined)
      throw new CntnrError(
        "usage",
        `--filter "${text}": it is KEY=VALUE, with KEY one of ${Object.keys(keys).join(", ")}`,
      );
    checkValue(text, text.slice(equals + 1), values);
    filters.set(key, [...(filters.get(key) ?? []), text.slice(equals + 1)]);
  }
  return filters;
}

function checkValue(text: string, value: string, values: FilterKeys[string] & {}): void {
  if (values === "any") return;
  if (values instanceof RegExp) {
    if (!values.test(value))
      throw new CntnrError("usage", `--filter "${text}": "${value}" is not such a value`);
  } else if (!values.includes(value))
    throw new CntnrError("usage", `--filter "${text}": the value is one of ${values.join(", ")}`);
}

/** True when there is no filter of that key, or one of its values matches. */
export function matches(filters: Filters, key: string, isMatch: (value: string) => boolean): boolean {
  return filters.get(key)?.some(isMatch) ?? true;
}

/** `label!=KEY` or `label!=KEY=VALUE`: docker's pruning has it. */
export function lacksLabels(
  filters: Filters,
  key: string,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (filters.get(key) ?? []).every((text) => !matchesLabels(new Map([[key, [text]]]), key, labels));
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
