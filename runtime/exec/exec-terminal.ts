import { spawn } from "node:child_process";
import { type AttachedStreams, attachStreams } from "../attach/attach-streams.ts";
import { ownStreams } from "../attach/own-streams.ts";
import { RawTerminal } from "../attach/raw-terminal.ts";
import { resizeTerminal } from "../attach/resize-terminal.ts";
import type { ContainerRecord } from "../container/container-record.ts";
import { runcFlagsWithLog } from "../container/runc.ts";
import { conmonRuntime } from "../container/user-namespace.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import { startFailure } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import { leaveWhenAborted, PacketSocket } from "../sys/packet-socket.ts";
import { endSession } from "./end-session.ts";
import { execFailure, execTeller, prepareSession } from "./exec-container.ts";
import type { ExecRequest } from "./exec-request.ts";
import { closeSession, type ExecSession } from "./exec-session.ts";

/** The exit code that the command ended with, or `left` when the detach keys were typed. */
export type ExecResult = number | "left";

export interface TerminalOptions {
  readonly detachKeys: Uint8Array;
  /** In the place of our own terminal. */
  readonly streams?: AttachedStreams;
  readonly signal?: AbortSignal;
}

/**
 * Runs a command in a running container on a terminal of its own, which our terminal is attached to. It is conmon that holds the
 * command's terminal, so that one can leave it. Throws CntnrError, and the reason of `signal` when that is given: the command is killed
 * then, and its process group with it.
 */
export async function execOnTerminal(
  directories: Directories,
  record: ContainerRecord,
  request: ExecRequest,
  { detachKeys, streams, signal }: TerminalOptions,
): Promise<ExecResult> {
  signal?.throwIfAborted();
  const session = prepareSession(directories, record, request);
  const tell = execTeller(directories, record, session, request);
  let isLeft = false;
  try {
    using conmon = new ExecConmon(directories, record, session);
    await conmon.isListening;
    using stack = new DisposableStack();
    const socket = stack.use(PacketSocket.connect(session.attachSocket));
    if (request.stdin && !streams)
      stack.use(new RawTerminal(0, (size) => resizeTerminal(session.terminalControl, size)));
    conmon.start();
    tell("exec_start");
    stack.use(leaveWhenAborted(socket, signal));
    const end = await attachStreams(socket, streams ?? ownStreams(request.stdin ? "pass" : "keep"), {
      detachKeys,
      atInputEnd: streams ? "end-input" : "detach",
    });
    stack.dispose();
    if (signal?.aborted) {
      await endSession(session, conmon.exitCode);
      throw signal.reason;
    }
    isLeft = end === "detached";
    if (isLeft) return "left";
    const exitCode = await exitCodeOf(session, conmon);
    tell("exec_die", exitCode);
    return exitCode;
  } finally {
    // conmon needs them as long as the command runs; the next sweep takes them away.
    if (!isLeft) closeSession(session);
  }
}

/** Throws CntnrError for a command that could not be started. */
async function exitCodeOf(session: ExecSession, conmon: ExecConmon): Promise<number> {
  const exitCode = await conmon.exitCode;
  if (exitCode !== undefined && exitCode >= 0) return exitCode;
  throw (
    execFailure(session) ?? new CntnrError("engine", "the command's exit code is lost: its conmon was killed")
  );
}

/** The conmon of one command. It tells its state by lines of JSON on pipes. */
class ExecConmon implements Disposable {
  /** Its socket is there; the command waits for {@link start}. */
  readonly isListening: Promise<void>;
  /** The exit code; negative when the command could not be started, undefined when conmon was killed. */
  readonly exitCode: Promise<number | undefined>;
  readonly #pipes: readonly (NodeJS.ReadableStream | NodeJS.WritableStream | null | undefined)[];

  constructor(directories: Directories, record: ContainerRecord, session: ExecSession) {
    const child = spawn("conmon", conmonArguments(directories, record, session), {
      // 3: its state, 4: it starts what we have attached to, 5: it is ready for that.
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, _OCI_SYNCPIPE: "3", _OCI_STARTPIPE: "4", _OCI_ATTACHPIPE: "5" },
    });
    child.unref();
    this.#pipes = child.stdio.slice(3);
    const [state, , ready] = this.#pipes;
    const failed = new Promise<never>((_, reject) =>
      child.once("error", (error) => reject(startFailure("conmon", error))),
    );
    failed.catch(() => {
      // Whoever waits for isListening hears it.
    });
    this.isListening = Promise.race([firstLine(ready), failed]).then((line) => {
      if (line === undefined) throw new CntnrError("engine", "conmon ended before the command was started");
    });
    this.exitCode = lastNumber(state);
    this.#release();
  }

  /** Has the command started. */
  start(): void {
    this.#release();
  }

  /** conmon reads its start pipe twice: before it does anything, and before it starts the command. */
  #release(): void {
    const start = this.#pipes[1];
    if (start && "write" in start) start.write("x");
  }

  [Symbol.dispose](): void {
    for (const pipe of this.#pipes)
      if (pipe && "destroy" in pipe && typeof pipe.destroy === "function") pipe.destroy();
  }
}

function conmonArguments(directories: Directories, record: ContainerRecord, session: ExecSession): string[] {
  return [
    ...["--api-version", "1", "--exec", "--exec-attach", "--exec-process-spec", session.processFile],
    ...["-c", record.id, "-u", session.id, "-n", record.name],
    ...conmonRuntime(record, session.containerPid),
    ...["-b", session.directory, "--full-attach", "-t"],
    ...["-p", session.pidFile, "-P", session.conmonPid, "-l", "off"],
    ...runcFlagsWithLog(directories, session.runcLog).flatMap((word) => ["--runtime-arg", word]),
  ];
}

async function firstLine(pipe: unknown): Promise<string | undefined> {
  for await (const line of linesOf(pipe)) return line;
  return undefined;
}

/** conmon says two numbers, the process id and the exit code, or one that is negative. */
async function lastNumber(pipe: unknown): Promise<number | undefined> {
  const numbers: number[] = [];
  for await (const line of linesOf(pipe)) {
    const data = /"data"\s*:\s*(-?\d+)/.exec(line)?.[1];
    if (data !== undefined) numbers.push(Number(data));
    if (numbers.length === 2 || (numbers[0] ?? 0) < 0) break;
  }
  return numbers.length === 2 || (numbers[0] ?? 0) < 0 ? numbers.at(-1) : undefined;
}

async function* linesOf(pipe: unknown): AsyncGenerator<string> {
  if (!isReadable(pipe)) return;
  let rest = "";
  for await (const chunk of pipe) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function isReadable(pipe: unknown): pipe is NodeJS.ReadableStream {
  return typeof pipe === "object" && pipe !== null && Symbol.asyncIterator in pipe;
}
