import { readFileSync } from "node:fs";
import * as v from "valibot";
import type { ContainerPaths } from "../container/container-record.ts";
import { hasErrno } from "../errors/cntnr-error.ts";
import { writeWhole } from "../store/write-whole.ts";
import { type HealthState, healthStateSchema } from "./health-state.ts";

/** How a container is; undefined when it was not checked in its present life, or has no check. */
export function readHealth({ health }: ContainerPaths): HealthState | undefined {
  try {
    return v.parse(healthStateSchema, JSON.parse(readFileSync(health, "utf8")));
  } catch (error) {
    // Half-written by a crash: it is found out again.
    if (hasErrno(error, "ENOENT") || error instanceof SyntaxError || v.isValiError(error)) return undefined;
    throw error;
  }
}

/** Does nothing for a container that has been removed meanwhile. */
export function writeHealth({ health }: ContainerPaths, state: HealthState): void {
  try {
    writeWhole(health, JSON.stringify(state));
  } catch (error) {
    if (!hasErrno(error, "ENOENT")) throw error;
  }
}

/** Seconds since the boot: a clock that nobody sets, and that all processes share (proc(5), /proc/uptime). */
export function bootClock(): number {
  return Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
}
