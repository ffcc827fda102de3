import type { Directories } from "../store/directories.ts";
import { forgetAttachments, readAttachments } from "./kept-attachments.ts";
import { noteNetwork } from "./network-events.ts";
import { parseOciState } from "./oci-state.ts";

/** The stages of a container's life at which the hook does something (runtime-spec, config.md, hooks). */
export const hookStages = ["createRuntime", "poststop"] as const;
export type HookStage = (typeof hookStages)[number];

/**
 * What `cntnr oci-hook` does: at createRuntime it asks netd to attach the container's network namespace. At poststop there is
 * nothing to ask: netd holds a pidfd of the container and ends its attachments with it (N10); its answer is forgotten. Runs outside of
 * the container, as the user, started by the runtime.
 * @param stateJson the container's state, from standard input
 * Throws CntnrError; the runtime then gives the container up.
 */
export async function runHook(
  stage: HookStage,
  stateJson: string,
  directories: Directories,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const state = parseOciState(stateJson);
  if (stage === "poststop") return leave(directories, state.id);
  const { attachContainer } = await import("./attach-container.ts");
  await attachContainer(directories, state, env);
}

function leave(directories: Directories, containerId: string): void {
  for (const { network } of readAttachments(directories, containerId) ?? [])
    noteNetwork(directories, "disconnect", network, containerId);
  forgetAttachments(directories, containerId);
}
