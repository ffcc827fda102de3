import { templateError } from "./lexer.ts";
import { isTrue, lengthOf, propertyOf, textOf } from "./values.ts";

type TemplateFunction = (...values: readonly unknown[]) => unknown;

/** Go's own functions (text/template, "Functions") and docker's (cli, "Format command and log output"). */
export const functions: Readonly<Record<string, TemplateFunction>> = {
  json: (value) => JSON.stringify(value ?? null),
  split: (text, separator) => textOf(text).split(textOf(separator)),
  join: (list, separator) => listOf(list, "join").map(textOf).join(textOf(separator)),
  title: (text) => textOf(text).replace(/(^|\s)\p{L}/gu, (start) => start.toUpperCase()),
  lower: (text) => textOf(text).toLowerCase(),
  upper: (text) => textOf(text).toUpperCase(),
  pad: (text, before, after) =>
    text === ""
      ? ""
      : " ".repeat(numberOf(before, "pad")) + textOf(text) + " ".repeat(numberOf(after, "pad")),
  truncate: (text, length) => [...textOf(text)].slice(0, numberOf(length, "truncate")).join(""),
  print: (...values) => printed(values, "between numbers"),
  println: (...values) => `${printed(values, "always")}\n`,
  printf: (format, ...values) => formatted(textOf(format), values),
  len: (value) => {
    const length = lengthOf(value);
    if (length === undefined) throw templateError(`len of ${textOf(value)}, which has no length`);
    return length;
  },
  index: (value, ...keys) => keys.reduce(elementOf, value),
  slice: (value, from = 0, to = undefined) => {
    const end = to === undefined ? undefined : numberOf(to, "slice");
    return typeof value === "string"
      ? value.slice(numberOf(from, "slice"), end)
      : listOf(value, "slice").slice(numberOf(from, "slice"), end);
  },
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  not: (value) => !isTrue(value),
  eq: (first, ...others) => others.some((other) => first === other),
  ne: (first, second) => first !== second,
  lt: (first, second) => compare(first, second) < 0,
  le: (first, second) => compare(first, second) <= 0,
  gt: (first, second) => compare(first, second) > 0,
  ge: (first, second) => compare(first, second) >= 0,
  html: (text) => textOf(text).replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`),
  js: (text) => JSON.stringify(textOf(text)).slice(1, -1),
  urlquery: (text) => encodeURIComponent(textOf(text)),
};

function listOf(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value === undefined || value === null) return [];
  throw templateError(`${name} of ${textOf(value)}, which is no list`);
}

function numberOf(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw templateError(`${name} needs a number, not ${textOf(value)}`);
}

function elementOf(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    const at = numberOf(key, "index");
    if (at >= value.length) throw templateError(`index ${at} is beyond the ${value.length} that there are`);
    return value[at];
  }
  // A map without anything in it.
  if (value === null && typeof key === "string") return "";
  if (typeof value === "object" && value !== null) return propertyOf(value, textOf(key))?.value ?? "";
  throw templateError(`index of ${textOf(value)}, which has no elements`);
}

function compare(first: unknown, second: unknown): number {
  if (typeof first === "number" && typeof second === "number") return first - second;
  if (typeof first === "string" && typeof second === "string")
    return first < second ? -1 : first > second ? 1 : 0;
  throw templateError(`${textOf(first)} and ${textOf(second)} cannot be compared`);
}

/** fmt.Sprint puts spaces between operands of which neither is a string, fmt.Sprintln between all. */
function printed(values: readonly unknown[], spaces: "always" | "between numbers"): string {
  return values
    .map((value, index) => {
      const isFirst = index === 0;
      const isNextToText = typeof value === "string" || typeof values[index - 1] === "string";
      return (isFirst || (spaces === "between numbers" && isNextToText) ? "" : " ") + textOf(value);
    })
    .join("");
}

/** The verbs of fmt.Sprintf that make sense for what we print. */
function formatted(format: string, values: readonly unknown[]): string {
  let next = 0;
  return format.replace(
    /%(-?)(0?)(\d*)(?:\.(\d+))?([%a-zA-Z])/g,
    (_, left: string, zero: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === "%") return "%";
      const text = verbText(verb, values[next++], precision);
      const length = Number(width);
      if (left !== "") return text.padEnd(length);
      return text.padStart(length, zero === "" ? " " : "0");
    },
  );
}

function verbText(verb: string, value: unknown, precision: string | undefined): string {
  switch (verb) {
    case "s":
    case "v":
      return precision === undefined
        ? textOf(value)
        : [...textOf(value)].slice(0, Number(precision)).join("");
    case "q":
      return JSON.stringify(textOf(value));
    case "d":
      return textOf(value);
    case "t":
      return String(value);
    case "x":
      return typeof value === "number" ? value.toString(16) : Buffer.from(textOf(value)).toString("hex");
    case "f":
      return Number(value).toFixed(precision === undefined ? 6 : Number(precision));
    default:
      throw templateError(`printf does not know %${verb}`);
  }
}
