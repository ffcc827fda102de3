import { existsSync } from "node:fs";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { spawnAttached } from "../sys/spawn-attached.ts";
import { isTerminal } from "../sys/terminal.ts";
import { withoutService } from "../systemd/service.ts";
import { noteContainer } from "./container-events.ts";
import { beginLife, claimEnd, startedBySomebody } from "./container-life.ts";
import { withContainerLock } from "./container-lock.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";
import { discardContainer } from "./discard-container.ts";
import { deleteFromRuntime, readRuncLog, runcFlags, runtimeProgram, runtimeWords } from "./runc.ts";
import { classifyRuncFailure } from "./runc-failure.ts";
import { writeExit } from "./settle.ts";
import { SignalForwarding } from "./signal-forwarding.ts";

/** To type into a terminal of the container's own we need one ourselves. Throws CntnrError `usage`, in docker's words. */
export function checkTerminal(options: { readonly tty: boolean; readonly stdin: boolean }): void {
  if (options.tty && options.stdin && !isTerminal(0))
    throw new CntnrError(
      "usage",
      "the input device is not a TTY (-ti needs a terminal; leave out -t in scripts and pipes)",
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
  signals: "pass" | "keep",
): Promise<number> {
  const paths = containerPaths(directories, record.id);
  const flags = runcFlags(directories, paths);
  let exitCode: number;
  using forwarding = signals === "pass" ? new SignalForwarding() : undefined;
  beginLife(paths, "cntnr", startedBySomebody);
  const runc = spawnAttached(
    [runtimeProgram, ...flags, "run", ...runtimeWords(record), "--bundle", paths.directory, record.id],
    {
      stdin: record.stdin ? "inherit" : "ignore",
      output: "inherit",
      // Ctrl-C is to come once, from us.
      ownSession: true,
      // It would wait for a container that says it is ready, and most never do.
      ...(process.env.NOTIFY_SOCKET === undefined ? {} : { env: withoutService(process.env) }),
    },
  );
  noteContainer(directories, record, "start");
  if (record.health) (await import("../health/supervisor-lock.ts")).wakeSupervisor(directories);
  forwarding?.to((signal) => runc.signal(signal));
  const end = await runc.ended;
  exitCode = "signal" in end ? 128 + end.signal : end.exitCode;
  // runc has removed its state, except when it was killed; then the container may be running.
  if (existsSync(paths.runcState)) await deleteFromRuntime(directories, record.id);
  if (exitCode !== 0) exitCode = classifyRuncFailure(readRuncLog(paths))?.exitCode ?? exitCode;
  await finish(directories, record, exitCode);
  return exitCode;
}

async function finish(directories: Directories, record: ContainerRecord, exitCode: number): Promise<void> {
  const paths = containerPaths(directories, record.id);
  if (!record.autoRemove) {
    // `cntnr rm -f` may have been faster.
    if (!existsSync(paths.record)) return;
    writeExit(directories, record.id, String(exitCode));
    if (claimEnd(paths)) noteContainer(directories, record, "die", { exitCode: String(exitCode) });
    return;
  }
  await withContainerLock(directories, record.id, async () => {
    const isLeft = existsSync(paths.record);
    await discardContainer(directories, record);
    if (!isLeft) return;
    noteContainer(directories, record, "die", { exitCode: String(exitCode) });
    noteContainer(directories, record, "destroy");
  });
}
