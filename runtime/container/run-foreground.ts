import { existsSync } from "node:fs";
import type { OutputStream } from "../attach/attach-streams.ts";
import type { Directories } from "../store/directories.ts";
import { spawnAttached } from "../sys/spawn-attached.ts";
import { withoutService } from "../systemd/service.ts";
import { noteContainer } from "./container-events.ts";
import { beginLife, claimEnd, noteFailedStart, startedBySomebody } from "./container-life.ts";
import { withContainerLock } from "./container-lock.ts";
import { type ContainerPaths, type ContainerRecord, containerPaths } from "./container-record.ts";
import { discardContainer } from "./discard-container.ts";
import { ForegroundOutput } from "./foreground-output.ts";
import { deleteFromRuntime, readRuncLog, runcFlags, runtimeOf, runtimeWords } from "./runc.ts";
import { classifyRuncFailure } from "./runc-failure.ts";
import type { SealedRuntime } from "./sealed-runtime.ts";
import { writeExit } from "./settle.ts";
import { ensureSharedMemory } from "./shared-memory.ts";
import { SignalForwarding } from "./signal-forwarding.ts";
import { openNamespace } from "./user-namespace.ts";

export interface ForegroundOptions {
  readonly signals: "pass" | "keep";
  /** Of what it prints, the streams that we show. */
  readonly attached: readonly OutputStream[];
  /** What the person at the terminal has to know. */
  readonly onRemark: (text: string) => void;
  /** Without it, the one that the record names. */
  readonly runtime: SealedRuntime | undefined;
}

/**
 * Runs a container whose bundle is made, on our own standard input and output, until it has ended. Returns docker's exit code:
 * the container's, 128 + n after signal n. A container with autoRemove is gone afterwards. Throws CntnrError when it could not be started.
 */
export async function runForeground(
  directories: Directories,
  record: ContainerRecord,
  { signals, attached, onRemark, runtime }: ForegroundOptions,
): Promise<number> {
  const paths = containerPaths(directories, record.id);
  const flags = runcFlags(directories, paths);
  using forwarding = signals === "pass" ? new SignalForwarding() : undefined;
  using output = relayedOutput(paths, record, attached, onRemark);
  using _ = await openNamespace(directories, record);
  ensureSharedMemory(record);
  beginLife(paths, "cntnr", startedBySomebody);
  const words = [...flags, "run", ...runtimeWords(record), "--bundle", paths.directory, record.id];
  const start = (program: string) =>
    spawnAttached([runtimeOf(record), ...words], {
      program,
      stdin: record.stdin ? "inherit" : "ignore",
      output: output.stdio,
      // Ctrl-C is to come once, from us.
      ownSession: true,
      // It would wait for a container that says it is ready, and most never do.
      ...(process.env.NOTIFY_SOCKET === undefined ? {} : { env: withoutService(process.env) }),
    });
  const runc = runtime ? await runtime.start(paths.runtime, start) : start(runtimeOf(record));
  noteContainer(directories, record, "start");
  if (record.health) (await import("../health/supervisor-lock.ts")).wakeSupervisor(directories);
  forwarding?.to((signal) => runc.signal(signal));
  const ended = runc.ended.then(async (end) => {
    // runc has removed its state, except when it was killed; then the container may be running.
    if (existsSync(paths.runcState)) await deleteFromRuntime(directories, record.id);
    return "signal" in end ? 128 + end.signal : end.exitCode;
  });
  const failureOf = (exitCode: number) =>
    exitCode === 0 ? undefined : classifyRuncFailure(readRuncLog(paths));
  await output.pass(ended, async () => failureOf(await ended) !== undefined);
  const exitCode = await ended;
  const failure = failureOf(exitCode);
  if (failure) noteFailedStart(paths, failure.message);
  await finish(directories, record, failure?.exitCode ?? exitCode);
  const thrown = failure ?? output.failure;
  if (thrown) throw thrown;
  return exitCode;
}

/**
 * What is kept goes through us, and standard error in any case: when the container cannot be started, the runtime says so there in words of
 * its own, among which those of a hook of netd's would be lost.
 */
function relayedOutput(
  paths: ContainerPaths,
  { autoRemove, log }: ContainerRecord,
  attached: readonly OutputStream[],
  onRemark: (text: string) => void,
): ForegroundOutput {
  const options = { attached, runtimeWords: "run" } as const;
  if (autoRemove || log.kind !== "file") return new ForegroundOutput(options);
  const { maximumBytes = Number.POSITIVE_INFINITY } = log;
  return new ForegroundOutput({ ...options, log: { path: paths.log, maximumBytes, onRemark } });
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
