import { existsSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { checkMountPoints, rootTrees } from "../bundle/make-root.ts";
import { defaultMountPoints } from "../bundle/mount-plan.ts";
import { checkTerminal } from "../container/run-foreground.ts";
import { runcFlagsWithLog, runtimeProgram, runtimeWords } from "../container/runc.ts";
import { classifyRuncFailure } from "../container/runc-failure.ts";
import { SignalForwarding } from "../container/signal-forwarding.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import { runCommand } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import { randomHex } from "../sys/random.ts";
import { spawnAttached } from "../sys/spawn-attached.ts";
import { TerminalSettings } from "../sys/terminal.ts";
import { type BundleRecord, bundleRecordPath, isWhole, lockBundle } from "./bundle-record.ts";

const deleteTimeoutMs = 120_000;

/**
 * Runs a bundle on our own standard input and output until its container has ended, and nothing else with its root file system
 * meanwhile. Returns docker's exit code. Throws CntnrError.
 */
export async function runBundle(directories: Directories, record: BundleRecord): Promise<number> {
  checkTerminal(record);
  using _ = lockBundle(directories, record.name);
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
  const id = `bundle-${record.name}-${randomHex(4)}`;
  const exitCode = await runAttached(
    [runtimeProgram, ...flags, "run", ...runtimeWords(record), "--bundle", directory, id],
    record,
  );
  if (existsSync(join(directories.runcRoot, id)))
    await runCommand(runtimeProgram, [...flags, "delete", "--force", id], { timeoutMs: deleteTimeoutMs });
  if (exitCode === 0 || !existsSync(log)) return exitCode;
  return classifyRuncFailure(readFileSync(log, "utf8"))?.exitCode ?? exitCode;
}

async function runAttached(
  argv: readonly [string, ...string[]],
  { tty, stdin }: BundleRecord,
): Promise<number> {
  const settings = tty ? TerminalSettings.of(0) : undefined;
  using forwarding = new SignalForwarding();
  try {
    const runc = spawnAttached(argv, {
      stdin: stdin ? "inherit" : "ignore",
      output: "inherit",
      // With a terminal runc has to be in its foreground process group; without, Ctrl-C is to come once, from us.
      ownSession: !tty,
    });
    forwarding.to((signal) => runc.signal(signal));
    const end = await runc.ended;
    return "signal" in end ? 128 + end.signal : end.exitCode;
  } finally {
    // runc puts it back itself unless it is killed.
    settings?.apply(0);
  }
}
