import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import type { AttachedStreams } from "../attach/attach-streams.ts";
import { passStreams } from "../attach/pass-streams.ts";
import { checkMountPoints, rootTrees } from "../bundle/make-root.ts";
import { defaultMountPoints } from "../bundle/mount-plan.ts";
import { checkTerminal } from "../container/check-terminal.ts";
import { runcFlagsWithLog, runtimeProgram, runtimeWords } from "../container/runc.ts";
import { classifyRuncFailure } from "../container/runc-failure.ts";
import { SignalForwarding } from "../container/signal-forwarding.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import { runCommand } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import { spawnAttached } from "../sys/spawn-attached.ts";
import { TerminalSettings } from "../sys/terminal.ts";
import { endContainersOf, newBundleContainerId } from "./bundle-containers.ts";
import { type BundleRecord, bundleRecordPath, isWhole, lockBundle } from "./bundle-record.ts";

const deleteTimeoutMs = 120_000;

export interface RunBundleOptions {
  /** Signals that we get are the container's. */
  readonly signals: "pass" | "keep";
  /** In the place of our own standard input and output. */
  readonly streams?: AttachedStreams;
  readonly signal?: AbortSignal;
}

/**
 * Runs a bundle on our own standard input and output until its container has ended, and nothing else with its root file system
 * meanwhile. Returns docker's exit code. Throws CntnrError, and the reason of `signal` when that is given while it runs on other streams: its
 * container is killed then.
 */
export async function runBundle(
  directories: Directories,
  record: BundleRecord,
  options: RunBundleOptions,
): Promise<number> {
  if (!options.streams) checkTerminal(record);
  else if (record.tty)
    throw new CntnrError("unsupported", `bundle ${record.name} has a terminal: it runs on our own alone`);
  using lock = lockBundle(directories, record.name);
  await endContainersOf(directories, record);
  if (!isWhole(record))
    throw new CntnrError(
      "corrupt",
      `bundle ${record.name} is not whole: \`cntnr bundle create --update\` makes it anew`,
    );
  const { directory } = record;
  checkMountPoints(rootTrees(directory, record.layers), defaultMountPoints({}));
  const now = new Date();
  utimesSync(bundleRecordPath(directories, record.name), now, now);
  const log = join(directory, "runc.log");
  rmSync(log, { force: true });
  const flags = runcFlagsWithLog(directories, log);
  const id = newBundleContainerId(record);
  const argv = [runtimeProgram, ...flags, "run", ...runtimeWords(record), "--bundle", directory, id] as const;
  let exitCode: number;
  try {
    exitCode = await (options.streams
      ? runOnStreams(argv, record, lock.fd, options.streams, options.signal)
      : runAttached(argv, record, lock.fd, options.signals));
  } finally {
    if (existsSync(join(directories.runcRoot, id)))
      await runCommand(runtimeProgram, [...flags, "delete", "--force", id], { timeoutMs: deleteTimeoutMs });
  }
  if (exitCode === 0 || !existsSync(log)) return exitCode;
  return classifyRuncFailure(readFileSync(log, "utf8"))?.exitCode ?? exitCode;
}

/** Should we be killed, the runtime lives on with the container, and with the right to the bundle. */
async function runAttached(
  argv: readonly [string, ...string[]],
  { tty, stdin }: BundleRecord,
  lockFd: number,
  signals: RunBundleOptions["signals"],
): Promise<number> {
  const settings = tty ? TerminalSettings.of(0) : undefined;
  using forwarding = signals === "pass" ? new SignalForwarding() : undefined;
  try {
    const runc = spawnAttached(argv, {
      stdin: stdin ? "inherit" : "ignore",
      output: "inherit",
      // With a terminal runc has to be in its foreground process group; without, Ctrl-C is to come once, from us.
      ownSession: !tty,
      inherit: [lockFd],
    });
    forwarding?.to((signal) => runc.signal(signal));
    const end = await runc.ended;
    return "signal" in end ? 128 + end.signal : end.exitCode;
  } finally {
    // runc puts it back itself unless it is killed.
    settings?.apply(0);
  }
}

/** Killed, the runtime leaves a container behind, which the caller removes. */
async function runOnStreams(
  [program, ...argv]: readonly [string, ...string[]],
  { stdin }: BundleRecord,
  lockFd: number,
  streams: AttachedStreams,
  signal: AbortSignal | undefined,
): Promise<number> {
  signal?.throwIfAborted();
  const { input } = streams;
  const write: AttachedStreams["write"] = (stream, bytes) => streams.write(stream, bytes);
  const isRead = stdin && input !== undefined;
  const child = spawn(program, argv, {
    stdio: [isRead ? "pipe" : "ignore", "pipe", "pipe", lockFd],
    detached: true,
  });
  return passStreams(child, program, isRead ? { input, write } : { write }, {
    end: async () => {
      child.kill("SIGKILL");
    },
    ...(signal ? { signal } : {}),
  });
}
