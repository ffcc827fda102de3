import {
  checkDockerfile,
  checkSettings,
  type Finding,
} from "../../runtime/build/dockerfile/check-dockerfile.ts";
import type { Dockerfile } from "../../runtime/build/dockerfile/parse-dockerfile.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { print, printable } from "../command-line/output.ts";
import { formatList } from "./format-template.ts";

type BuildArguments = ReadonlyMap<string, string>;

/** `cntnr build --check`: tells what most likely is not as it was meant, and ends with 1 if there is something. */
export function printFindings(dockerfile: Dockerfile, buildArgs: BuildArguments): number {
  const findings = findingsOf(dockerfile, buildArgs);
  print(findings.map((finding) => `${lineOf(dockerfile, finding)}\n`).join(""));
  const count = findings.length === 1 ? "1 warning" : `${findings.length} warnings`;
  print(`Check complete: ${findings.length === 0 ? "no warnings" : count}\n`);
  return findings.length === 0 ? 0 : 1;
}

/** `# check=error=true`: nothing is built of such a file. Throws CntnrError `build`. */
export function refuseFindings(dockerfile: Dockerfile, buildArgs: BuildArguments): void {
  if (!settingsOf(dockerfile, buildArgs).isError) return;
  const findings = findingsOf(dockerfile, buildArgs);
  if (findings.length === 0) return;
  const lines = findings.map((finding) => lineOf(dockerfile, finding)).join("\n");
  throw new CntnrError("build", `the Dockerfile takes warnings for errors (check=error=true):\n${lines}`);
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

function findingsOf(dockerfile: Dockerfile, buildArgs: BuildArguments): readonly Finding[] {
  return checkDockerfile(dockerfile, settingsOf(dockerfile, buildArgs));
}

function settingsOf({ directives }: Dockerfile, buildArgs: BuildArguments) {
  return checkSettings(buildArgs.get("BUILDKIT_DOCKERFILE_CHECK") ?? directives.check);
}

function lineOf({ source }: Dockerfile, { rule, message, range }: Finding): string {
  return printable(`${source.name}:${range.start.line}: ${rule}: ${message}`);
}
