import { CntnrError } from "../errors/cntnr-error.ts";
import { runCommand } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import { readIfThere } from "../sys/read-text.ts";
import type { ContainerId } from "./container-id.ts";
import { type ContainerPaths, type ContainerRecord, containerPaths, readRecord } from "./container-record.ts";

/** The OCI runtime. */
export const runtimeProgram = "runc";

/** The one that a container was made for. */
export function runtimeOf({ runtime }: Pick<ContainerRecord, "runtime">): string {
  return runtime ?? runtimeProgram;
}

const deleteTimeoutMs = 120_000;

/** runc's global flags: where it keeps its state, and a log of its own in JSON, apart from what the container prints. */
export function runcFlags(directories: Directories, paths: ContainerPaths): string[] {
  return runcFlagsWithLog(directories, paths.runcLog);
}

/** The same with a log of its own for what is done beside the container's own life. */
export function runcFlagsWithLog(directories: Directories, log: string): string[] {
  return ["--root", directories.runcRoot, "--log", log, "--log-format", "json"];
}

/** What `run` and `create` are told of a container beside its bundle; conmon has the same words. */
export function runtimeWords({ runtimeFlags }: Pick<ContainerRecord, "runtimeFlags">): string[] {
  return runtimeFlags.map((name) => `--${name}`);
}

/** Kills what is left of a container and removes runc's state of it, which runs its poststop hooks. */
export async function deleteFromRuntime(directories: Directories, id: ContainerId): Promise<void> {
  const flags = runcFlags(directories, containerPaths(directories, id));
  await runCommand(runtimeById(directories, id), [...flags, "delete", "--force", id], {
    timeoutMs: deleteTimeoutMs,
  });
}

/** Also of a container whose record is damaged or gone. */
function runtimeById(directories: Directories, id: ContainerId): string {
  try {
    return runtimeOf(readRecord(directories, id) ?? {});
  } catch (error) {
    if (error instanceof CntnrError) return runtimeProgram;
    throw error;
  }
}

/**
 * The same for one of which nothing else is there: what killed processes have left in the runtime's state. A state that was never whole
 * is removed, too.
 */
export async function deleteStray(directories: Directories, id: string): Promise<void> {
  const args = ["--root", directories.runcRoot, "delete", "--force", id];
  await runCommand(runtimeProgram, args, { timeoutMs: deleteTimeoutMs });
}

export function readRuncLog(paths: ContainerPaths): string {
  return readIfThere(paths.runcLog) ?? "";
}
