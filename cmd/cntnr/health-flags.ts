import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import {
  failureActions,
  type HealthOptions,
  parseHealthDuration,
} from "../../runtime/health/health-check.ts";
import type { Flag } from "../command-line/command.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";

/** How it is found out whether a container is well. */
export const healthFlags: readonly Flag[] = [
  {
    name: "health-cmd",
    value: "COMMAND",
    summary: "Line of shell whose success says that the container is well; or: none",
  },
  { name: "health-interval", value: "DURATION", summary: "From one check to the next (30s)" },
  { name: "health-retries", value: "COUNT", summary: "So many failures in a row make it unhealthy (3)" },
  {
    name: "health-start-interval",
    value: "DURATION",
    summary: "From one check to the next in the start period (5s)",
  },
  {
    name: "health-start-period",
    value: "DURATION",
    summary: "Time after the start in which failures do not count (0s)",
  },
  { name: "health-timeout", value: "DURATION", summary: "A check that takes longer has failed (30s)" },
  {
    name: "health-on-failure",
    value: "ACTION",
    choices: failureActions,
    summary: "What is done about an unhealthy container: none, kill, restart, stop",
  },
  { name: "no-healthcheck", summary: "No check, whatever the image says" },
];

/** Throws CntnrError `usage`. */
export function parseHealthFlags(args: ParsedArguments): HealthOptions {
  const command = args.value("health-cmd");
  const retries = args.value("health-retries");
  const onFailure = failureActions.find((action) => action === args.value("health-on-failure"));
  if (retries !== undefined && !/^[1-9]\d{0,5}$/.test(retries))
    throw new CntnrError("usage", `--health-retries "${retries}" is not a number above 0`);
  const duration = (flag: string) => {
    const text = args.value(flag);
    const value = text === undefined ? 0 : parseHealthDuration(`--${flag}`, text);
    // Docker's: 0 is the default.
    return value === 0 ? undefined : value;
  };
  const durations = {
    intervalMs: duration("health-interval"),
    timeoutMs: duration("health-timeout"),
    startPeriodMs: duration("health-start-period"),
    startIntervalMs: duration("health-start-interval"),
  };
  return {
    isOff: args.has("no-healthcheck"),
    ...(command === undefined ? {} : { command }),
    ...(retries === undefined ? {} : { retries: Number(retries) }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...Object.fromEntries(Object.entries(durations).filter(([, value]) => value !== undefined)),
  };
}
