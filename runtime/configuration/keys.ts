import { homedir } from "node:os";
import { isAbsolute, join, normalize } from "node:path";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Setting } from "./parse-ini.ts";

/** What is in force. */
export interface Configuration {
  /** Image stores to read from, absolute paths, in the order in which they are looked in. */
  readonly additionalStores: readonly string[];
  /** Milliseconds without a byte from a registry after which it is given up; Infinity: never. */
  readonly stallTimeoutMs: number;
}

export const defaultConfiguration: Configuration = { additionalStores: [], stallTimeoutMs: 120_000 };

/** Every key, and what its values do. A key that stands several times has several values. */
const keys: Readonly<Record<string, (values: readonly Setting[]) => Partial<Configuration>>> = {
  "store.additional": (values) => ({ additionalStores: values.map(pathOf) }),
  "registry.stall-timeout": (values) => ({
    stallTimeoutMs: secondsOf(values) * 1000 || Number.POSITIVE_INFINITY,
  }),
};

/** What the settings of one file change. Throws CntnrError `usage` with file and line. */
export function interpret(settings: readonly Setting[]): Partial<Configuration> {
  const bySettingName = Map.groupBy(settings, ({ section, key }) => `${section}.${key}`);
  const changes: Partial<Configuration>[] = [];
  for (const [name, values] of bySettingName) {
    const change = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (!change) throw unknownKey(values[0]);
    changes.push(change(values));
  }
  return Object.assign({}, ...changes);
}

function unknownKey(setting: Setting | undefined): CntnrError {
  const known = Object.keys(keys).map((name) => name.replace(/^(.*)\.(.*)$/, "$2 in [$1]"));
  return new CntnrError(
    "usage",
    `${setting?.where}: there is no key ${setting?.key} in [${setting?.section}]; there are ${known.join(", ")}`,
  );
}

function pathOf({ value, where }: Setting): string {
  const path = value.startsWith("~/") ? join(homedir(), value.slice(2)) : value;
  if (!isAbsolute(path)) throw new CntnrError("usage", `${where}: "${value}" is not an absolute path`);
  // An overlay's mount options have these for their own.
  if (/[:,\\]/.test(path))
    throw new CntnrError("usage", `${where}: the path of a store cannot have a colon, comma or backslash`);
  return normalize(path).replace(/(.)\/$/, "$1");
}

function secondsOf(values: readonly Setting[]): number {
  const last = values.at(-1);
  const seconds = Number(last?.value);
  if (!/^\d{1,6}$/.test(last?.value ?? ""))
    throw new CntnrError("usage", `${last?.where}: "${last?.value}" is not a number of seconds`);
  return seconds;
}
