import { CntnrError } from "../../errors/cntnr-error.ts";
import { checkDockerfile, checkSettings, type Finding } from "./check-dockerfile.ts";
import type { Dockerfile } from "./parse-dockerfile.ts";

/** By name. */
export type BuildArguments = ReadonlyMap<string, string>;

/** What is most likely not as it was meant, by the rules that the file and the build's arguments leave on. Pure. */
export function findingsOf(dockerfile: Dockerfile, buildArgs: BuildArguments): readonly Finding[] {
  return checkDockerfile(dockerfile, settingsOf(dockerfile, buildArgs));
}

/** `# check=error=true`: nothing is built of such a file. Throws CntnrError `build`. */
export function refuseFindings(dockerfile: Dockerfile, buildArgs: BuildArguments): void {
  if (!settingsOf(dockerfile, buildArgs).isError) return;
  const findings = findingsOf(dockerfile, buildArgs);
  if (findings.length === 0) return;
  const lines = findings.map((finding) => lineOfFinding(dockerfile, finding)).join("\n");
  throw new CntnrError("build", `the Dockerfile takes warnings for errors (check=error=true):\n${lines}`);
}

/** FILE:LINE: RULE: MESSAGE */
export function lineOfFinding({ source }: Dockerfile, { rule, message, range }: Finding): string {
  return `${source.name}:${range.start.line}: ${rule}: ${message}`;
}

function settingsOf({ directives }: Dockerfile, buildArgs: BuildArguments) {
  return checkSettings(buildArgs.get("BUILDKIT_DOCKERFILE_CHECK") ?? directives.check);
}
