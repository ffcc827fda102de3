import { CntnrError } from "../errors/cntnr-error.ts";
import { runCommand } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import { createUnderConmon } from "./conmon.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";
import { readRuncLog, runcFlags, runtimeProgram } from "./runc.ts";
import { classifyRuncFailure } from "./runc-failure.ts";
import { removeEnded } from "./settle.ts";

const startTimeoutMs = 60_000;

/**
 * Starts a container whose bundle is made in the background, under conmon. When that fails nothing of it is left. Throws
 * CntnrError with docker's exit code.
 *
 * If we are killed before conmon runs, there is only a record without a supervisor; after that and before the start, a
 * created container that nobody will start: settle() takes both away.
 */
export async function runDetached(
  directories: Directories,
  record: ContainerRecord,
  bundle: string,
): Promise<void> {
  try {
    await createUnderConmon(directories, record, bundle);
    await start(directories, record);
  } catch (error) {
    await removeEnded(directories, record);
    throw error;
  }
}

async function start(directories: Directories, record: ContainerRecord): Promise<void> {
  const paths = containerPaths(directories, record.id);
  const args = [...runcFlags(directories, paths), "start", record.id];
  const { exitCode, stderr } = await runCommand(runtimeProgram, args, { timeoutMs: startTimeoutMs });
  if (exitCode === 0) return;
  throw (
    classifyRuncFailure(readRuncLog(paths)) ??
    new CntnrError("engine", `the container could not be started: ${stderr.trim()}`)
  );
}
