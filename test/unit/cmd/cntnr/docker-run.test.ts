import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "../../../../cmd/cntnr/commands.ts";

const table = readFileSync(join(import.meta.dirname, "../../../../cmd/cntnr/docker-run.md"), "utf8");
const rows = [...table.matchAll(/^\| ((?:`[^`]+`(?:, )?)+) +\| (works|differs|root|no) /gm)].map(
  ([, flags = "", here]) => ({
    flags: [...flags.matchAll(/`([^`]+)`/g)].map(([, flag = ""]) => flag),
    here,
  }),
);
const run = commands.find(({ path }) => path === "run");
const spellings = new Set(
  run?.flags.flatMap(({ name, short, aliases = [] }) => [
    ...[name, ...aliases].map((word) => `--${word}`),
    ...(short === undefined ? [] : [`-${short}`]),
  ]),
);

test("flags of docker run that are said to work are there, and the others are not", () => {
  expect(rows.length).toBeGreaterThan(60);
  for (const { flags, here } of rows)
    for (const flag of flags)
      expect([flag, spellings.has(flag)]).toEqual([flag, here === "works" || here === "differs"]);
});

test("at least 85 % of the flags that mean something without root are there", () => {
  const long = (list: readonly { flags: readonly string[] }[]) =>
    list.flatMap(({ flags }) => flags).filter((flag) => flag.startsWith("--")).length;
  const meaningful = rows.filter(({ here }) => here !== "root");
  const there = meaningful.filter(({ here }) => here !== "no");
  expect(long(there) / long(meaningful)).toBeGreaterThan(0.85);
});
