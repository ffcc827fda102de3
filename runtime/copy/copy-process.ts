import { CntnrError } from "../errors/cntnr-error.ts";
import { ownProgram } from "../process/own-program.ts";
import { type CommandResult, complaintOf, runCommand } from "../process/run-command.ts";
import { type IdMappings, isOwnRoot } from "../userns/id-mappings.ts";
import { mapIds } from "../userns/load-id-mappings.ts";
import { runInUserNamespace } from "../userns/run-in-user-namespace.ts";
import type { CopyJob, CopyOutcome } from "./copy-job.ts";

const timeoutMs = 12 * 60 * 60_000;

export interface CopyProcessOptions {
  /** Of the container. */
  readonly mappings: IdMappings;
  /** The archive's descriptor, if there is one. */
  readonly archive?: number;
  readonly signal?: AbortSignal;
}

/** Has a process of its own do one half of a copy, in the view of its job. Throws CntnrError. */
export async function runCopyProcess(job: CopyJob, options: CopyProcessOptions): Promise<CopyOutcome> {
  const result = await start(job, options);
  const outcome = result.exitCode === 0 ? parseOutcome(result.stdout) : undefined;
  if (!outcome) {
    const reason = complaintOf(result);
    throw new CntnrError("engine", `the process that copies failed: ${reason}`);
  }
  if ("failure" in outcome) throw new CntnrError(outcome.failure.code, outcome.failure.message);
  return outcome;
}

function start({ view, action }: CopyJob, options: CopyProcessOptions): Promise<CommandResult> {
  const command = [...ownProgram(), "internal-copy"] as const;
  const common = {
    stdin: JSON.stringify({ view, action }),
    inherit: options.archive === undefined ? [] : [options.archive],
    timeoutMs,
    ...(options.signal ? { signal: options.signal } : {}),
  };
  switch (view.kind) {
    case "process":
      // Of a container's own user namespace we are the owner, and in it we are root, or become it.
      return runCommand(
        "nsenter",
        [
          ...["--user", `--target=${view.pid}`],
          ...(isOwnRoot(options.mappings) ? ["--preserve-credentials"] : ["--setuid=0", "--setgid=0"]),
          ...["--", ...command],
        ],
        common,
      );
    case "bundle":
      return runInUserNamespace(options.mappings, command, common);
    case "directory":
      return runInUserNamespace(ownIdAlone(), command, common);
    case "host": {
      const [program, ...args] = command;
      return runCommand(program, args, common);
    }
  }
}

/** What is written then is the user's own. */
function ownIdAlone(): IdMappings {
  const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
  return { uids: mapIds(uid, []), gids: mapIds(gid, []), subordinate: false };
}

function parseOutcome(text: string): CopyOutcome | undefined {
  try {
    return JSON.parse(text) as CopyOutcome;
  } catch {
    return undefined;
  }
}
