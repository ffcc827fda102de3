import { CntnrError } from "../errors/cntnr-error.ts";
import type { ImageSummary } from "./list-images.ts";
import { familiarName } from "./reference.ts";

/** Of all images, those that `filter` is for; the other arguments are what it compares with. */
type Filter = (
  value: string,
  all: readonly ImageSummary[],
  nowMs: number,
) => (image: ImageSummary) => boolean;

const filters: Readonly<Record<string, Filter>> = {
  dangling: (value) => {
    const isWanted = booleanOf("dangling", value);
    return ({ name }) => (name === "") === isWanted;
  },
  label: (value) => {
    const [key = "", wanted] = splitOnce(value, "=");
    return ({ labels }) => Object.hasOwn(labels, key) && (wanted === undefined || labels[key] === wanted);
  },
  // docker's pruning has it.
  "label!": (value) => {
    const [key = "", unwanted] = splitOnce(value, "=");
    return ({ labels }) =>
      !Object.hasOwn(labels, key) || (unwanted !== undefined && labels[key] !== unwanted);
  },
  reference: (value) => {
    const pattern = globPattern(value);
    return ({ name, repository }) =>
      [name, repository, familiarName(name), familiarName(repository)].some((text) => pattern.test(text));
  },
  before: (value, all) => {
    const limit = createdOf("before", value, all);
    return ({ created }) => Date.parse(created) < limit;
  },
  since: (value, all) => {
    const limit = createdOf("since", value, all);
    return ({ created }) => Date.parse(created) > limit;
  },
  until: (value, _, nowMs) => {
    const limit = timeOf(value, nowMs);
    return ({ created }) => Date.parse(created) < limit;
  },
};

/**
 * The images that docker's `--filter KEY=VALUE` leaves: filters of one key are alternatives (labels are not), those of
 * different keys all have to hold. Throws CntnrError `usage` for a filter that there is not.
 */
export function filterImages(
  all: readonly ImageSummary[],
  conditions: readonly string[],
  nowMs: number = Date.now(),
): ImageSummary[] {
  const byKey = new Map<string, ((image: ImageSummary) => boolean)[]>();
  for (const condition of conditions) {
    const [key = "", value] = splitOnce(condition, "=");
    const filter = Object.hasOwn(filters, key) ? filters[key] : undefined;
    if (!filter || value === undefined)
      throw new CntnrError(
        "usage",
        `--filter ${condition}: it is KEY=VALUE, with one of the keys ${Object.keys(filters).join(", ")}`,
      );
    byKey.set(key, [...(byKey.get(key) ?? []), filter(value, all, nowMs)]);
  }
  return all.filter((image) =>
    [...byKey].every(([key, tests]) =>
      key.startsWith("label") ? tests.every((test) => test(image)) : tests.some((test) => test(image)),
    ),
  );
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function booleanOf(key: string, value: string): boolean {
  if (["true", "1", "t"].includes(value)) return true;
  if (["false", "0", "f"].includes(value)) return false;
  throw new CntnrError("usage", `--filter ${key}=${value}: it is true or false`);
}

/** As path.Match of Go: * and ? do not cross a slash, except that docker takes a pattern without one for a repository. */
function globPattern(glob: string): RegExp {
  const source = glob.replace(/[\\^$.*+?()[\]{}|]/g, (sign) =>
    sign === "*" ? "[^/]*" : sign === "?" ? "[^/]" : sign === "[" || sign === "]" ? sign : `\\${sign}`,
  );
  try {
    return new RegExp(`^${source}$`);
  } catch {
    throw new CntnrError("usage", `--filter reference=${glob}: not a pattern`);
  }
}

function createdOf(key: string, value: string, all: readonly ImageSummary[]): number {
  const image = all.find(
    ({ name, id, manifestDigest }) =>
      [name, familiarName(name), `${value}:latest`].includes(value) ||
      familiarName(name) === `${value}:latest` ||
      [id, manifestDigest].some((digest) => digest.startsWith(`sha256:${value.replace(/^sha256:/, "")}`)),
  );
  if (!image) throw new CntnrError("not-found", `--filter ${key}=${value}: there is no such image`);
  return Date.parse(image.created);
}

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** A time (RFC 3339, seconds since 1970) or how long ago it was (24h, 1h30m, 7d). Throws CntnrError `usage`. */
function timeOf(value: string, nowMs: number): number {
  const duration = parseDuration(value);
  if (duration !== undefined) return nowMs - duration;
  const time = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value);
  if (Number.isNaN(time)) throw new CntnrError("usage", `"${value}" is neither a time nor a duration as 24h`);
  return time;
}

/** `90s`, `1h30m`, `7d`, `2w` in milliseconds; undefined for what is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?[smhdw])+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? ""] ?? 0),
    0,
  );
}
