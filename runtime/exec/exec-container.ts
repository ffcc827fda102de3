import { noteContainer } from "../container/container-events.ts";
import type { ContainerRecord } from "../container/container-record.ts";
import { ForegroundOutput } from "../container/foreground-output.ts";
import { runcFlagsWithLog } from "../container/runc.ts";
import { classifyRuncFailure } from "../container/runc-failure.ts";
import { SignalForwarding } from "../container/signal-forwarding.ts";
import { runtimeCommand } from "../container/user-namespace.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { sha256Hex } from "../sys/random.ts";
import { readIfThere } from "../sys/read-text.ts";
import { spawnAttached } from "../sys/spawn-attached.ts";
import type { ExecRequest } from "./exec-request.ts";
import { closeSession, type ExecSession, openSession } from "./exec-session.ts";
import { checkLiveDirectory, findLiveUser, readProcess, runningPid } from "./live-container.ts";
import { planProcess } from "./plan-process.ts";

const detachTimeoutMs = 60_000;

export interface ExecOptions {
  /** Signals that we get are passed on to the command. */
  readonly signals: "pass" | "keep";
}

/**
 * Runs a command in a running container on our own standard input and output, until it has ended. Returns docker's exit code:
 * the command's, 128 + n after signal n. Throws CntnrError when it could not be started, the container does not run or the request does
 * not fit it.
 */
export async function execContainer(
  directories: Directories,
  record: ContainerRecord,
  request: ExecRequest,
  { signals }: ExecOptions,
): Promise<number> {
  const session = prepareSession(directories, record, request);
  const tell = execTeller(directories, record, session, request);
  try {
    tell("exec_start");
    using forwarding = signals === "pass" ? new SignalForwarding() : undefined;
    using output = new ForegroundOutput({ attached: ["stdout", "stderr"], runtimeWords: "exec" });
    const runc = spawnAttached([...execCommand(directories, record, session), record.id], {
      stdin: request.stdin ? "inherit" : "ignore",
      output: output.stdio,
      ownSession: true,
    });
    forwarding?.to((signal) => runc.signal(signal));
    const ended = runc.ended.then((end) => ("signal" in end ? 128 + end.signal : end.exitCode));
    const failureOf = (exitCode: number) => (exitCode === 0 ? undefined : execFailure(session));
    await output.pass(ended, async () => failureOf(await ended) !== undefined);
    const exitCode = await ended;
    const failure = failureOf(exitCode);
    tell("exec_die", failure?.exitCode ?? exitCode);
    const thrown = failure ?? output.failure;
    if (thrown) throw thrown;
    return exitCode;
  } finally {
    closeSession(session);
  }
}

/** Starts a command in a running container and leaves it there. Throws CntnrError when it could not be started. */
export async function execDetached(
  directories: Directories,
  record: ContainerRecord,
  request: ExecRequest,
): Promise<void> {
  const session = prepareSession(directories, record, { ...request, tty: false });
  try {
    // What it starts keeps the descriptors that it gets from us.
    const runc = spawnAttached([...execCommand(directories, record, session), "--detach", record.id], {
      stdin: "ignore",
      output: "ignore",
      ownSession: true,
    });
    const limit = setTimeout(() => runc.signal("SIGKILL"), detachTimeoutMs);
    const end = await runc.ended.finally(() => clearTimeout(limit));
    if ("signal" in end || end.exitCode !== 0)
      throw execFailure(session) ?? new CntnrError("engine", "the command could not be started");
    // Nobody stays to see its end.
    execTeller(directories, record, session, request)("exec_start");
  } finally {
    closeSession(session);
  }
}

type ExecTeller = (action: "exec_start" | "exec_die", exitCode?: number) => void;

/** Notes a command's life in the events, in docker's words; that it was made at once. */
export function execTeller(
  directories: Directories,
  record: ContainerRecord,
  { id }: ExecSession,
  { command }: ExecRequest,
): ExecTeller {
  const execID = sha256Hex(id);
  const words = command.join(" ");
  noteContainer(directories, record, `exec_create: ${words}`, { execID });
  return (action, exitCode) => {
    if (action === "exec_start")
      return noteContainer(directories, record, `exec_start: ${words}`, { execID });
    noteContainer(directories, record, "exec_die", { execID, exitCode: String(exitCode) });
  };
}

/** Checks a request against the running container and writes down what is to run. The caller closes the session. */
export function prepareSession(
  directories: Directories,
  record: ContainerRecord,
  request: ExecRequest,
): ExecSession {
  const pid = runningPid(directories, record);
  const user = request.user === undefined ? undefined : findLiveUser(pid, request.user, record);
  const process = planProcess(readProcess(directories, record), request, user);
  if (request.workingDir !== undefined) checkLiveDirectory(pid, process.cwd);
  return openSession(directories, record.id, pid, process);
}

/** The runtime with what it is told to run the command of a session; further flags and the container follow. */
export function execCommand(
  directories: Directories,
  record: ContainerRecord,
  { containerPid, runcLog, processFile }: ExecSession,
): readonly [string, ...string[]] {
  const flags = runcFlagsWithLog(directories, runcLog);
  return [...runtimeCommand(record, containerPid), ...flags, "exec", "--process", processFile];
}

/** Why the runtime could not start the command, with docker's exit code; undefined when it could. */
export function execFailure({ runcLog }: ExecSession): CntnrError | undefined {
  const log = readIfThere(runcLog);
  if (log === undefined) return undefined;
  const failure = classifyRuncFailure(log);
  if (!failure || failure.code === "command-not-found") return failure;
  return new CntnrError("command-not-executable", failure.message, { cause: failure });
}
