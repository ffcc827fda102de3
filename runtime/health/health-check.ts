import * as v from "valibot";
import { CntnrError } from "../errors/cntnr-error.ts";

export const failureActions = ["none", "kill", "restart", "stop"] as const;

const milliseconds = v.pipe(v.number(), v.minValue(0));

export const healthCheckSchema = v.object({
  /** What is run: arguments, or one line for the shell. */
  command: v.variant("kind", [
    v.object({ kind: v.literal("exec"), argv: v.pipe(v.array(v.string()), v.readonly()) }),
    v.object({ kind: v.literal("shell"), line: v.string() }),
  ]),
  /** From the end of a check to the next one. */
  intervalMs: milliseconds,
  /** A check that takes longer has failed. */
  timeoutMs: milliseconds,
  /** Failures in it, from the start of the container on, do not count. */
  startPeriodMs: milliseconds,
  /** The interval in the start period. */
  startIntervalMs: milliseconds,
  /** So many failures in a row make it unhealthy. */
  retries: v.number(),
  onFailure: v.picklist(failureActions),
});

/** How it is found out whether a container is well. */
export type HealthCheck = Readonly<v.InferOutput<typeof healthCheckSchema>>;

/** What an image's configuration says (docker's extension, `Healthcheck`); times in nanoseconds, 0 or absent for docker's default. */
export interface ImageHealthCheck {
  readonly test: readonly string[];
  readonly interval?: number;
  readonly timeout?: number;
  readonly startPeriod?: number;
  readonly startInterval?: number;
  readonly retries?: number;
}

/** `--health-*`: what is absent is as the image says, or docker's default. */
export interface HealthOptions {
  /** A line for the shell; "none" or an empty one: no check. */
  readonly command?: string;
  readonly isOff: boolean;
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly startPeriodMs?: number;
  readonly startIntervalMs?: number;
  readonly retries?: number;
  readonly onFailure?: HealthCheck["onFailure"];
}

const defaults = {
  intervalMs: 30_000,
  timeoutMs: 30_000,
  startPeriodMs: 0,
  startIntervalMs: 5000,
  retries: 3,
};
const nanosecondsPerMillisecond = 1e6;

/** Pure: the check that a container has by its image and flags; undefined: none. Throws CntnrError `usage` for an image's nonsense. */
export function planHealthCheck(
  image: ImageHealthCheck | undefined,
  options: HealthOptions,
): HealthCheck | undefined {
  const command = commandOf(image, options);
  if (!command) return undefined;
  const fromImage = (nanoseconds: number | undefined, fallback: number) =>
    nanoseconds === undefined || nanoseconds <= 0 ? fallback : nanoseconds / nanosecondsPerMillisecond;
  return {
    command,
    intervalMs: options.intervalMs ?? fromImage(image?.interval, defaults.intervalMs),
    timeoutMs: options.timeoutMs ?? fromImage(image?.timeout, defaults.timeoutMs),
    startPeriodMs: options.startPeriodMs ?? fromImage(image?.startPeriod, defaults.startPeriodMs),
    startIntervalMs: options.startIntervalMs ?? fromImage(image?.startInterval, defaults.startIntervalMs),
    retries: options.retries ?? (image?.retries || defaults.retries),
    onFailure: options.onFailure ?? "none",
  };
}

function commandOf(
  image: ImageHealthCheck | undefined,
  options: HealthOptions,
): HealthCheck["command"] | undefined {
  if (options.isOff) return undefined;
  const { command: line } = options;
  if (line !== undefined) return line === "" || line === "none" ? undefined : { kind: "shell", line };
  const [kind, ...words] = image?.test ?? [];
  if (kind === "CMD" && words.length > 0) return { kind: "exec", argv: words };
  if (kind === "CMD-SHELL" && words.length > 0) return { kind: "shell", line: words.join(" ") };
  return undefined;
}

/** What a check runs in the container. */
export function probeArguments({ command }: HealthCheck): readonly string[] {
  return command.kind === "exec" ? command.argv : ["/bin/sh", "-c", command.line];
}

/** A duration as docker writes it (30s, 1m30s, 500ms), in milliseconds. Throws CntnrError `usage`. */
export function parseHealthDuration(flag: string, text: string): number {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smh])/g)];
  if (text === "0") return 0;
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text)
    throw new CntnrError("usage", `${flag} "${text}" is not a duration, as 30s or 1m30s`);
  const total = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0), 0);
  if (total < 1) throw new CntnrError("usage", `${flag} "${text}" is less than a millisecond`);
  return total;
}
