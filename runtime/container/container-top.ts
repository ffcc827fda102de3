import { CntnrError } from "../errors/cntnr-error.ts";
import { runCommand } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import { listProcesses } from "./container-processes.ts";
import type { ContainerRecord } from "./container-record.ts";
import { readFacts } from "./container-state.ts";

const psTimeoutMs = 30_000;

/**
 * The processes of a running container as ps(1) of the host shows them, one line each after the heading.
 * @param psArguments of ps; it has to print a column PID. Without any: -ef
 * Throws CntnrError `conflict` for a container that does not run, `usage` for arguments that ps does not take.
 */
export async function containerTop(
  directories: Directories,
  record: ContainerRecord,
  psArguments: readonly string[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<string[]> {
  const { init } = readFacts(directories, record);
  if (!init) throw new CntnrError("conflict", `container ${record.name} is not running`);
  const pids = new Set(listProcesses(init.pid).map(({ pid }) => pid));
  const args = psArguments.length === 0 ? ["-ef"] : psArguments;
  const { exitCode, stdout, stderr } = await runCommand("ps", args, { timeoutMs: psTimeoutMs, ...options });
  if (exitCode !== 0)
    throw new CntnrError("usage", `ps ${args.join(" ")}: ${stderr.trim().split("\n")[0] ?? ""}`);
  return selectLines(stdout, pids);
}

/** Pure: the heading, and the lines about these processes. Throws CntnrError `usage` when there is no column PID. */
export function selectLines(output: string, pids: ReadonlySet<number>): string[] {
  const [heading = "", ...lines] = output.trimEnd().split("\n");
  const column = heading.trim().split(/\s+/).indexOf("PID");
  if (column < 0) throw new CntnrError("usage", "ps prints no column PID with these arguments");
  return [heading, ...lines.filter((line) => pids.has(Number(line.trim().split(/\s+/)[column])))];
}
