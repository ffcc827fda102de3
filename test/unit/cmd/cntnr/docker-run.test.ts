import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "../../../../cmd/cntnr/commands.ts";
import { parseArguments } from "../../../../cmd/command-line/parse-argv.ts";
import { dockerFlags } from "./docker-flags.ts";

const directory = join(import.meta.dirname, "../../../../cmd/cntnr");
const page = readFileSync(join(directory, "docker-run.md"), "utf8");
const rows = [...page.matchAll(/^\| ((?:`[^`]+`(?:, )?)+) +\| (works|differs|root|no) /gm)].map(
  ([, flags = "", here]) => ({ flags: flagsIn(flags), here }),
);

function flagsIn(text: string): string[] {
  return [...text.matchAll(/`(-[^`]+)`/g)].map(([, flag = ""]) => flag);
}

/** Flags of a command, with their dashes. */
function spellingsOf(path: string): Set<string> {
  const command = commands.find((candidate) => candidate.path === path);
  if (!command) throw new Error(`there is no command ${path}`);
  return new Set(
    command.flags.flatMap(({ name, short, aliases = [] }) => [
      ...[name, ...aliases].map((word) => `--${word}`),
      ...(short === undefined ? [] : [`-${short}`]),
    ]),
  );
}

/** Docker's, as its own help lists them. */
function dockersOf(path: string): string[] {
  const names = (dockerFlags[path] ?? "").split(" ").filter((name) => name !== "");
  return names.map((name) => `--${name}`);
}

test.each(["run", "create"])(
  "flags of docker %s that are said to work are there, and the others are not",
  (path) => {
    const spellings = spellingsOf(path);
    const isThere = (flag: string) =>
      spellings.has(flag) ||
      (path === "create" && ["--detach", "-d", "--detach-keys", "--sig-proxy"].includes(flag));
    for (const { flags, here } of rows)
      for (const flag of flags)
        expect([flag, isThere(flag)]).toEqual([flag, here === "works" || here === "differs"]);
  },
);

test.each(["--network-alias", "--link", "--gpus"])("%s is refused with the reason", (flag) => {
  for (const path of ["run", "create"]) {
    const command = commands.find((candidate) => candidate.path === path);
    if (!command) throw new Error(`there is no command ${path}`);
    expect(() => parseArguments(command, [flag, "image"])).toThrow(`there is no ${flag}: `);
    expect(() => parseArguments(command, ["--no-such-flag", "image"])).toThrow("unknown flag --no-such-flag");
  }
});

test("each flag of docker run is in the table, once", () => {
  const listed = rows.flatMap(({ flags }) => flags).filter((flag) => flag.startsWith("--"));
  expect(listed.toSorted()).toEqual(dockersOf("run").toSorted());
});

test("the share of the flags that mean something without root is as the page says, and at least 85 %", () => {
  const long = (list: readonly { flags: readonly string[] }[]) =>
    list.flatMap(({ flags }) => flags).filter((flag) => flag.startsWith("--")).length;
  const meaningful = rows.filter(({ here }) => here !== "root");
  const there = long(meaningful.filter(({ here }) => here !== "no"));
  const share = Math.floor((100 * there) / long(meaningful));
  expect(page).toContain(
    `Of ${long(meaningful)} flags that mean something without root ${there} are there: ${share} %.`,
  );
  expect(share).toBeGreaterThanOrEqual(85);
});

test("flags of docker's other commands are there, but those that are said not to be", () => {
  const others = readFileSync(join(directory, "docker-commands.md"), "utf8");
  const missing = new Map(
    [...others.matchAll(/^\| `([a-z ]+)` +\| ([^|]+) \|/gm)].map(([, path = "", flags = ""]) => [
      path,
      flagsIn(flags),
    ]),
  );
  for (const path of Object.keys(dockerFlags)) {
    if (path === "run") continue;
    const spellings = spellingsOf(path);
    expect([path, dockersOf(path).filter((flag) => !spellings.has(flag))]).toEqual([
      path,
      missing.get(path) ?? [],
    ]);
  }
});
