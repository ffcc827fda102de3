import type { ContainerDetails } from "../../runtime/engine/container.ts";

/** `State.Health` of docker's inspect. */
export function healthStateOf({ healthReport: health }: ContainerDetails) {
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
export function healthcheckOf({ healthCheck: health }: ContainerDetails) {
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
