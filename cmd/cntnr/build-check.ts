import { type BuildArguments, findingsOf, lineOfFinding } from "../../runtime/build/dockerfile/findings.ts";
import type { Dockerfile } from "../../runtime/build/dockerfile/parse-dockerfile.ts";
import { outlineOf, targetsOf } from "../../runtime/build/plan/outline.ts";
import { ownPlatform } from "../../runtime/build/plan/platform.ts";
import { formatTable, print, printable, printableLines } from "../command-line/output.ts";

/** `cntnr build --check`: tells what most likely is not as it was meant, and ends with 1 if there is something. */
export function printFindings(dockerfile: Dockerfile, buildArgs: BuildArguments): number {
  const findings = findingsOf(dockerfile, buildArgs);
  print(findings.map((finding) => `${printable(lineOfFinding(dockerfile, finding))}\n`).join(""));
  const count = findings.length === 1 ? "1 warning" : `${findings.length} warnings`;
  print(`Check complete: ${findings.length === 0 ? "no warnings" : count}\n`);
  return findings.length === 0 ? 0 : 1;
}

/** `cntnr build --call targets`, in docker's format */
export function printTargets(dockerfile: Dockerfile): number {
  const rows = targetsOf(dockerfile).map(({ name, description, isDefault }) => [
    isDefault ? `${name} (default)` : name,
    description,
  ]);
  print(printableLines(formatTable([["TARGET", "DESCRIPTION"], ...rows])));
  return 0;
}

/** `cntnr build --call outline`, in docker's format */
export function printOutline(
  dockerfile: Dockerfile,
  options: {
    readonly buildArgs: BuildArguments;
    readonly target?: string;
    readonly contexts: ReadonlySet<string>;
  },
): number {
  const { target, args, secrets, agents } = outlineOf(dockerfile, {
    ...options,
    platform: ownPlatform(),
    network: "default",
  });
  const { name, description } = target;
  const about = [["TARGET:", name], ...(description === "" ? [] : [["DESCRIPTION:", description]])];
  const tables = [
    [["BUILD ARG", "VALUE", "DESCRIPTION"], ...args.map((arg) => [arg.name, arg.value, arg.description])],
    [["SECRET", "REQUIRED"], ...secrets.map(({ id, isRequired }) => [id, String(isRequired)])],
    [["SSH", "REQUIRED"], ...agents.map(({ id, isRequired }) => [id, String(isRequired)])],
  ];
  const shown = [about, ...tables.filter((table) => table.length > 1)].map(formatTable);
  print(printableLines(shown.join("\n")));
  return 0;
}
