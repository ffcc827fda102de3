import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { ContainerRecord } from "../container/container-record.ts";
import { messageOf } from "../errors/cntnr-error.ts";
import { execCommand, execFailure, prepareSession } from "../exec/exec-container.ts";
import { closeSession, type ExecSession } from "../exec/exec-session.ts";
import { endOfChild } from "../process/end-of-child.ts";
import type { Directories } from "../store/directories.ts";
import { type HealthCheck, probeArguments } from "./health-check.ts";
import type { ProbeResult } from "./health-state.ts";

/** Docker's. */
const mostOutputBytes = 4096;
const failed = -1;

/** Runs a container's check once, and ends it when its time is over. What goes wrong is in the outcome. */
export async function runProbe(
  directories: Directories,
  record: ContainerRecord,
  check: HealthCheck,
): Promise<ProbeResult> {
  const startedAt = new Date().toISOString();
  const outcome = await probe(directories, record, check).catch((error: unknown) => ({
    exitCode: failed,
    output: messageOf(error),
  }));
  return { startedAt, endedAt: new Date().toISOString(), ...outcome };
}

type Outcome = Pick<ProbeResult, "exitCode" | "output">;

async function probe(
  directories: Directories,
  record: ContainerRecord,
  check: HealthCheck,
): Promise<Outcome> {
  const session = prepareSession(directories, record, {
    command: probeArguments(check),
    env: [],
    tty: false,
    stdin: false,
    isPrivileged: false,
  });
  try {
    return await runSession(directories, record, session, check.timeoutMs);
  } finally {
    closeSession(session);
  }
}

async function runSession(
  directories: Directories,
  record: ContainerRecord,
  session: ExecSession,
  timeoutMs: number,
): Promise<Outcome> {
  const [program, ...words] = execCommand(directories, record, session);
  const args = [...words, "--pid-file", session.pidFile, record.id];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const output = new Collector();
  child.stdout.on("data", output.add);
  child.stderr.on("data", output.add);
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    // The command first: its runtime then ends by itself, and hands nobody over to the container's first process.
    if (!killCommand(session)) child.kill("SIGKILL");
    setTimeout(() => child.kill("SIGKILL"), 1000).unref();
  }, timeoutMs);
  const { code } = await endOfChild(child).finally(() => clearTimeout(limit));
  const exitCode = code ?? failed;
  if (isLate) return { exitCode: failed, output: `the check took longer than ${timeoutMs / 1000} s` };
  const failure = exitCode === 0 ? undefined : execFailure(session);
  return failure
    ? { exitCode: failure.exitCode, output: failure.message }
    : { exitCode, output: output.text };
}

function killCommand({ pidFile }: ExecSession): boolean {
  try {
    process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
    return true;
  } catch {
    // Not started yet, or ended by now.
    return false;
  }
}

/** The beginning of what is printed. */
class Collector {
  readonly #chunks: Buffer[] = [];
  #length = 0;

  readonly add = (chunk: Buffer) => {
    const part = chunk.subarray(0, mostOutputBytes - this.#length);
    this.#length += part.length;
    if (part.length > 0) this.#chunks.push(part);
  };

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
