import { readFileSync } from "node:fs";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { type HookStage, hookStages, runHook } from "../../runtime/network/hook.ts";
import type { Directories } from "../../runtime/store/directories.ts";

/** `cntnr oci-hook createRuntime|poststop`: started by the OCI runtime, with the container's state on standard input. */
export async function ociHook(
  stage: string,
  directories: Directories,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (!isStage(stage)) throw new CntnrError("usage", `oci-hook: stage is one of ${hookStages.join(", ")}`);
  await runHook(stage, readFileSync(0, "utf8"), directories, env);
}

function isStage(stage: string): stage is HookStage {
  return hookStages.some((known) => known === stage);
}
