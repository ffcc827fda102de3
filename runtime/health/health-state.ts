import * as v from "valibot";
import type { HealthCheck } from "./health-check.ts";

const probeResultSchema = v.object({
  /** RFC 3339. */
  startedAt: v.string(),
  endedAt: v.string(),
  /** -1 for one that took too long, or could not be run. */
  exitCode: v.number(),
  output: v.string(),
});

/** The outcome of one check. */
export type ProbeResult = Readonly<v.InferOutput<typeof probeResultSchema>>;

export const healthStateSchema = v.object({
  status: v.picklist(["starting", "healthy", "unhealthy"]),
  /** Failures in a row that count. */
  failures: v.number(),
  /** A check has succeeded, so the start period is over. */
  hasStarted: v.boolean(),
  /** The last outcomes, the oldest first. */
  log: v.array(probeResultSchema),
  /** When the next one is due: seconds since the boot, which no change of the clock can change. */
  nextAt: v.number(),
});

/** How a container is, in its present life. */
export type HealthState = Readonly<v.InferOutput<typeof healthStateSchema>>;

const keptResults = 5;

/** Pure: a container that has just been started. */
export function initialHealth(check: HealthCheck, now: number): HealthState {
  return {
    status: "starting",
    failures: 0,
    hasStarted: false,
    log: [],
    nextAt: now + intervalOf(check, { hasStarted: false }, 0) / 1000,
  };
}

/**
 * Pure: the state after one more check (docker's rules, "HEALTHCHECK").
 * @param now in seconds since the boot
 * @param ranMs how long the container has been running when the check began
 */
export function afterProbe(
  check: HealthCheck,
  state: HealthState,
  result: ProbeResult,
  { now, ranMs }: { readonly now: number; readonly ranMs: number },
): HealthState {
  const log = [...state.log, result].slice(-keptResults);
  if (result.exitCode === 0)
    return {
      status: "healthy",
      failures: 0,
      hasStarted: true,
      log,
      nextAt: now + check.intervalMs / 1000,
    };
  const counts = state.hasStarted || ranMs >= check.startPeriodMs;
  const failures = counts ? state.failures + 1 : state.failures;
  return {
    ...state,
    status: failures >= check.retries ? "unhealthy" : state.status,
    failures,
    log,
    nextAt: now + intervalOf(check, state, ranMs) / 1000,
  };
}

function intervalOf(check: HealthCheck, state: Pick<HealthState, "hasStarted">, ranMs: number): number {
  const isStarting = !state.hasStarted && ranMs < check.startPeriodMs;
  return isStarting ? Math.min(check.startIntervalMs, check.intervalMs) : check.intervalMs;
}
