import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { ContainerRecord } from "../../container/container-record.ts";
import { isMakerAlive, ownMark } from "../../container/process-identity.ts";
import { deleteStray, runtimeProgram, runtimeWords } from "../../container/runc.ts";
import { classifyRuncFailure } from "../../container/runc-failure.ts";
import { CntnrError } from "../../errors/cntnr-error.ts";
import { signalNumber, startFailure } from "../../process/run-command.ts";
import type { Directories } from "../../store/directories.ts";
import { namesIn } from "../../store/list-directory.ts";
import { readIfThere } from "../../sys/read-text.ts";
import type { IdMappings } from "../../userns/id-mappings.ts";
import { removeTree } from "../../userns/remove-tree.ts";

export interface ContainerRun {
  readonly bundle: string;
  readonly runtimeFlags: ContainerRecord["runtimeFlags"];
  /** Held by the runtime as long as the container runs, should we be killed. */
  readonly lockFd: number;
  readonly onOutput: (chunk: Buffer) => void;
  readonly signal: AbortSignal;
}

/** Between two attempts to end a container. */
const attemptMs = 50;

let counter = 0;

/** A name that says who made what has it, so that the next build finds what a killed one has left. */
export function newBuildName(): string {
  return `build-${ownMark()}-${counter++}`;
}

/** True for the name of something whose maker is gone. */
function isAbandoned(name: string): boolean {
  const maker = /^build-(\d+-\d+)-\d+$/.exec(name)?.[1];
  return maker !== undefined && !isMakerAlive(maker);
}

/** Runs a bundle's container to its end and returns the command's exit code. Throws CntnrError when it cannot be started. */
export async function runContainer(directories: Directories, run: ContainerRun): Promise<number> {
  run.signal.throwIfAborted();
  const id = newBuildName();
  const log = join(run.bundle, "runc.log");
  const flags = ["--root", directories.runcRoot, "--log", log, "--log-format", "json"];
  const child = spawn(runtimeProgram, [...flags, "run", ...runtimeWords(run), "--bundle", run.bundle, id], {
    stdio: ["ignore", "pipe", "pipe", run.lockFd],
  });
  const ended = new AbortController();
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      const stop = () => void endContainer(directories, id, ended.signal).catch(reject);
      run.signal.addEventListener("abort", stop, { once: true, signal: ended.signal });
      child.on("error", (error) => reject(startFailure(runtimeProgram, error)));
      child.stdout?.on("data", run.onOutput);
      child.stderr?.on("data", run.onOutput);
      child.on("close", (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
    });
    run.signal.throwIfAborted();
    const failure = exitCode === 0 ? undefined : classifyRuncFailure(readIfThere(log) ?? "");
    if (failure) throw new CntnrError("build", failure.message);
    return exitCode;
  } finally {
    ended.abort();
  }
}

/** More than one attempt: a runtime that is about to start the container has nothing yet that could be deleted. */
async function endContainer(directories: Directories, id: string, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await deleteStray(directories, id);
    await wait(attemptMs);
  }
}

/** Ends the containers of builds that were killed, and removes the files that these had for them. */
export async function clearAbandoned(directories: Directories, mappings: IdMappings): Promise<void> {
  for (const id of namesIn(directories.runcRoot).filter(isAbandoned)) await deleteStray(directories, id);
  for (const name of namesIn(directories.run).filter(isAbandoned))
    await removeTree(join(directories.run, name), mappings);
}
