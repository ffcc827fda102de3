import { spawn } from "node:child_process";
import type { AttachedStreams } from "../attach/attach-streams.ts";
import { passStreams } from "../attach/pass-streams.ts";
import type { ContainerRecord } from "../container/container-record.ts";
import type { Directories } from "../store/directories.ts";
import { endSession } from "./end-session.ts";
import { execCommand, execFailure, prepareSession } from "./exec-container.ts";
import type { ExecRequest } from "./exec-request.ts";
import { closeSession } from "./exec-session.ts";

/**
 * Runs a command without a terminal in a running container, on streams of the caller's, until it has ended. Returns its exit code,
 * 128 + n after signal n. Throws CntnrError when it could not be started, and the reason of `signal` when that is given: the command is
 * killed then, and its process group with it.
 */
export async function execOnStreams(
  directories: Directories,
  record: ContainerRecord,
  request: ExecRequest,
  streams: AttachedStreams,
  signal?: AbortSignal,
): Promise<number> {
  signal?.throwIfAborted();
  const stdin = streams.input !== undefined;
  const session = prepareSession(directories, record, { ...request, tty: false, stdin });
  try {
    const [program, ...words] = execCommand(directories, record, session);
    const argv = [...words, "--pid-file", session.pidFile, record.id];
    const stdio = [stdin ? "pipe" : "ignore", "pipe", "pipe"] as const;
    const child = spawn(program, argv, { stdio: [...stdio], detached: true });
    const exitCode = await passStreams(child, program, streams, {
      end: (ended) => endSession(session, ended),
      ...(signal ? { signal } : {}),
    });
    if (exitCode === 0) return 0;
    const failure = execFailure(session);
    if (failure) throw failure;
    return exitCode;
  } finally {
    closeSession(session);
  }
}
