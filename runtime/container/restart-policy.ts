import { CntnrError } from "../errors/cntnr-error.ts";
import { type ContainerRecord, restartPolicies } from "./container-record.ts";

type Restart = ContainerRecord["restart"];

const firstDelayMs = 100;
const longestDelayMs = 60_000;
/** Whoever has run for so long has not failed at its start: the delays begin anew. */
const steadyMs = 10_000;

/** `--restart no | always | unless-stopped | on-failure[:N]`. Throws CntnrError `usage`. */
export function parseRestartPolicy(text: string): Restart {
  const [name = "", limit, ...rest] = text.split(":");
  const policy = restartPolicies.find((known) => known === (name === "" ? "no" : name));
  const isLimitGood = limit === undefined || (policy === "on-failure" && /^\d{1,6}$/.test(limit));
  if (policy && isLimitGood && rest.length === 0) return { policy, maximumRetries: Number(limit ?? 0) };
  throw new CntnrError(
    "usage",
    `--restart "${text}": it is no, always, unless-stopped, or on-failure, this one also with a number of tries (on-failure:3)`,
  );
}

/** How a life of a container ended. */
export interface EndedLife {
  readonly exitCode: number;
  readonly ranMs: number;
  /** How often the policy has restarted it already. */
  readonly restarts: number;
  readonly restartDelayMs: number;
  readonly isStopRequested: boolean;
}

/** Pure: in how many milliseconds the container is to be started again; undefined: not at all. */
export function restartDelayOf({ policy, maximumRetries }: Restart, ended: EndedLife): number | undefined {
  if (policy === "no" || ended.isStopRequested) return undefined;
  if (policy === "on-failure") {
    if (ended.exitCode === 0) return undefined;
    if (maximumRetries > 0 && ended.restarts >= maximumRetries) return undefined;
  }
  if (ended.ranMs >= steadyMs || ended.restartDelayMs === 0) return firstDelayMs;
  return Math.min(2 * ended.restartDelayMs, longestDelayMs);
}
