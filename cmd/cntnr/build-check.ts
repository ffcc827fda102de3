import { type BuildArguments, findingsOf, lineOfFinding } from "../../runtime/build/dockerfile/findings.ts";
import type { Dockerfile } from "../../runtime/build/dockerfile/parse-dockerfile.ts";
import { print, printable } from "../command-line/output.ts";
import { formatList } from "./format-template.ts";

/** `cntnr build --check`: tells what most likely is not as it was meant, and ends with 1 if there is something. */
export function printFindings(dockerfile: Dockerfile, buildArgs: BuildArguments): number {
  const findings = findingsOf(dockerfile, buildArgs);
  print(findings.map((finding) => `${printable(lineOfFinding(dockerfile, finding))}\n`).join(""));
  const count = findings.length === 1 ? "1 warning" : `${findings.length} warnings`;
  print(`Check complete: ${findings.length === 0 ? "no warnings" : count}\n`);
  return findings.length === 0 ? 0 : 1;
}

/** `cntnr build --call targets` */
export function printTargets({ stages }: Dockerfile): number {
  const rows = stages.map(({ from, index }) => ({
    Target: from.name ?? String(index),
    Base: from.image,
    Default: String(index === stages.length - 1),
  }));
  const headings = { Target: "TARGET", Base: "BASE", Default: "DEFAULT" };
  print(formatList(rows, undefined, { headings, columns: ["Target", "Base", "Default"] }));
  return 0;
}
