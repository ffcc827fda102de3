import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { currentBootId } from "../container/process-identity.ts";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { checkProc } from "../userns/own-namespace.ts";
import { type Concessions, noConcessions, planConcessions } from "./plan-concessions.ts";
import { type Probe, probeSchema } from "./probe-result.ts";
import {
  canJoinMounts,
  isLimited,
  readSurroundings,
  type Surroundings,
  surroundingsKey,
} from "./surroundings.ts";

/**
 * What containers have to do without where we are. Throws CntnrError `unavailable`, with the rule and what lifts it, where none can
 * be made.
 */
export async function findConcessions(directories: Directories, mappings: IdMappings): Promise<Concessions> {
  const surroundings = readSurroundings();
  if (!isLimited(surroundings)) return noConcessions;
  checkProc();
  const path = probePath(directories, surroundings);
  const probe = readProbe(path) ?? (await makeProbe(path, directories, mappings));
  if (process.geteuid?.() === 0 && !canJoinMounts(surroundings.status))
    throw new CntnrError(
      "unavailable",
      "containers cannot be made in here by root: runc has to join their mounts, for which root of the container that this is in lacks CAP_SYS_ADMIN or CAP_SYS_CHROOT. Start that container with --cap-add SYS_ADMIN, or be another user than root in it",
    );
  return planConcessions(probe);
}

function probePath(directories: Directories, surroundings: Surroundings): string {
  return join(directories.run, `probe-${currentBootId().slice(0, 8)}-${surroundingsKey(surroundings)}.json`);
}

/** Of an earlier command in the same surroundings. */
function readProbe(path: string): Probe | undefined {
  try {
    const parsed = v.safeParse(probeSchema, JSON.parse(readFileSync(path, "utf8")));
    return parsed.success ? parsed.output : undefined;
  } catch (error) {
    if (hasErrno(error, "ENOENT") || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function makeProbe(path: string, directories: Directories, mappings: IdMappings): Promise<Probe> {
  const { runProbe } = await import("./run-probe.ts");
  const probe = await runProbe(directories.run, mappings);
  // Whoever reads it while it is written, or cut off, makes it anew.
  writeFileSync(path, JSON.stringify(probe), { mode: 0o600 });
  return probe;
}
