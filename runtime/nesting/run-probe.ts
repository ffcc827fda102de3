import * as v from "valibot";
import { CntnrError } from "../errors/cntnr-error.ts";
import { ownProgram } from "../process/own-program.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { runInUserNamespace } from "../userns/run-in-user-namespace.ts";
import { type Probe, probeSchema } from "./probe-result.ts";

const timeoutMs = 60_000;

/**
 * Has a process of its own try what a container could do here. Throws CntnrError `unavailable`.
 * @param scratch a directory of the user's, which stays as it is
 */
export async function runProbe(scratch: string, mappings: IdMappings): Promise<Probe> {
  const argv = [...ownProgram(), "internal-probe", scratch] as const;
  const namespaces = ["--pid", "--fork", "--kill-child", "--net", "--uts"];
  const { exitCode, stdout, stderr } = await runInUserNamespace(mappings, argv, { namespaces, timeoutMs });
  const parsed = exitCode === 0 ? v.safeParse(probeSchema, JSON.parse(stdout)) : undefined;
  if (parsed?.success) return parsed.output;
  throw new CntnrError(
    "unavailable",
    `what a container could do here cannot be tried: ${stderr.trim().split("\n").at(-1) ?? ""}`,
  );
}
