import { type ContainerRecord, containerPaths } from "../../runtime/container/container-record.ts";
import { readHealth } from "../../runtime/health/health-store.ts";
import type { Directories } from "../../runtime/store/directories.ts";

/** `State.Health` of docker's inspect. */
export function healthStateOf(directories: Directories, record: ContainerRecord) {
  const health = readHealth(containerPaths(directories, record.id));
  return {
    Status: health?.status ?? "starting",
    FailingStreak: health?.failures ?? 0,
    Log: (health?.log ?? []).map(({ startedAt, endedAt, exitCode, output }) => ({
      Start: startedAt,
      End: endedAt,
      ExitCode: exitCode,
      Output: output,
    })),
  };
}

const nanosecondsPerMillisecond = 1e6;

/** Docker's: times in nanoseconds. */
export function healthcheckOf({ health }: ContainerRecord) {
  if (!health) return {};
  const { command, intervalMs, timeoutMs, startPeriodMs, startIntervalMs, retries, onFailure } = health;
  return {
    Healthcheck: {
      Test: command.kind === "exec" ? ["CMD", ...command.argv] : ["CMD-SHELL", command.line],
      Interval: intervalMs * nanosecondsPerMillisecond,
      Timeout: timeoutMs * nanosecondsPerMillisecond,
      StartPeriod: startPeriodMs * nanosecondsPerMillisecond,
      StartInterval: startIntervalMs * nanosecondsPerMillisecond,
      Retries: retries,
      OnFailure: onFailure,
    },
  };
}
