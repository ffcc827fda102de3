import { CntnrError } from "../errors/cntnr-error.ts";
import { complaintOf, runCommand } from "../process/run-command.ts";

const syncTimeoutMs = 15 * 60_000;

/**
 * Writes to the disk all that is not there yet of the file system of `path`: syncfs(2), by a process of its own, because
 * it may take long and must not hold up signals and time-outs.
 */
export async function syncFileSystem(path: string, signal: AbortSignal | undefined): Promise<void> {
  const result = await runCommand("sync", ["-f", path], {
    timeoutMs: syncTimeoutMs,
    ...(signal ? { signal } : {}),
  });
  if (result.exitCode !== 0)
    throw new CntnrError("engine", `what was made cannot be written to the disk: ${complaintOf(result)}`);
}
