import { existsSync } from "node:fs";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { type AttachedProcess, spawnAttached } from "../sys/spawn-attached.ts";
import { isTerminal, saveTerminal } from "../sys/terminal.ts";
import { withContainerLock } from "./container-lock.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";
import { unregisterContainer } from "./container-store.ts";
import { deleteFromRuntime, readRuncLog, runcFlags, runtimeProgram } from "./runc.ts";
import { classifyRuncFailure } from "./runc-failure.ts";
import { writeExit } from "./settle.ts";

/** Signals that are the container's: they are passed on, and end cntnr only by ending the container. */
const passedOn: readonly NodeJS.Signals[] = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
];

/** With a terminal of the container's own we need one to show it on. Throws CntnrError `usage`, in docker's words. */
export function checkTerminal(options: { readonly tty: boolean; readonly stdin: boolean }): void {
  if (!options.tty) return;
  const isMissing = options.stdin ? !isTerminal(0) : ![0, 1, 2].some(isTerminal);
  if (isMissing)
    throw new CntnrError(
      "usage",
      "the input device is not a TTY (-t needs a terminal; leave it out in scripts and pipes)",
    );
}

/**
 * Runs a container whose bundle is made, on our own standard input and output, until it has ended. Returns docker's exit code:
 * the container's, 128 + n after signal n, 125 to 127 when it could not be started (runc has then said why on standard
 * error). A container with autoRemove is gone afterwards.
 */
export async function runForeground(
  directories: Directories,
  record: ContainerRecord,
  bundle: string,
): Promise<number> {
  const paths = containerPaths(directories, record.id);
  const terminal = record.tty ? saveTerminal(0) : undefined;
  const flags = runcFlags(directories, paths);
  let exitCode: number;
  const forward = new SignalForwarding();
  try {
    const runc = spawnAttached([runtimeProgram, ...flags, "run", "--bundle", bundle, record.id], {
      stdin: record.stdin ? "inherit" : "ignore",
      // With a terminal runc has to be in its foreground process group; without, Ctrl-C is to come once, from us.
      ownSession: !record.tty,
    });
    forward.to(runc);
    const end = await runc.ended;
    exitCode = "signal" in end ? 128 + end.signal : end.exitCode;
  } finally {
    // runc puts it back itself unless it is killed.
    terminal?.restore();
  }
  // runc has removed its state, except when it was killed; then the container may be running.
  if (existsSync(paths.runcState)) await deleteFromRuntime(directories, record.id);
  if (exitCode !== 0) exitCode = classifyRuncFailure(readRuncLog(paths))?.exitCode ?? exitCode;
  await finish(directories, record, exitCode);
  forward.stop();
  return exitCode;
}

async function finish(directories: Directories, record: ContainerRecord, exitCode: number): Promise<void> {
  if (record.autoRemove)
    return withContainerLock(directories, record.id, () =>
      unregisterContainer(directories, record.id, record.name),
    );
  // `cntnr rm -f` may have been faster.
  if (existsSync(containerPaths(directories, record.id).record))
    writeExit(directories, record.id, String(exitCode));
}

/** Passes signals on from the moment it is made; what comes before there is a process is kept for it. */
class SignalForwarding {
  #process: AttachedProcess | undefined;
  readonly #early: NodeJS.Signals[] = [];
  readonly #listener = (signal: NodeJS.Signals) => {
    if (this.#process) this.#process.signal(signal);
    else this.#early.push(signal);
  };

  constructor() {
    for (const signal of passedOn) process.on(signal, this.#listener);
    // Changing a terminal's settings from the background would stop us.
    process.on("SIGTTOU", () => {
      // Heard, so that it does not stop us.
    });
  }

  to(target: AttachedProcess): void {
    this.#process = target;
    for (const signal of this.#early) target.signal(signal);
  }

  stop(): void {
    for (const signal of passedOn) process.removeListener(signal, this.#listener);
  }
}
