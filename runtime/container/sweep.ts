import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { CntnrError, messageOf } from "../errors/cntnr-error.ts";
import { explainDiskError } from "../errors/disk-error.ts";
import { removeStaleSessions } from "../exec/exec-session.ts";
import type { Directories } from "../store/directories.ts";
import { clearStrays } from "./clear-strays.ts";
import type { ContainerRecord } from "./container-record.ts";
import { type ContainerList, listContainers, removeUnfinished } from "./container-store.ts";
import { type SettledState, settle } from "./settle.ts";

const exitCopyMs = 10 * 60_000;

/** A container and what it is doing. */
export interface ListedContainer {
  readonly record: ContainerRecord;
  readonly state: Exclude<SettledState, { kind: "removed" }>;
}

/** All containers after cleaning up what killed processes have left of them. */
export async function sweep(
  directories: Directories,
): Promise<{ readonly containers: readonly ListedContainer[]; readonly damaged: ContainerList["damaged"] }> {
  const { records, damaged } = listContainers(directories);
  const containers: ListedContainer[] = [];
  const troubles: CntnrError[] = [...damaged];
  for (const record of records) {
    try {
      const state = await settle(directories, record);
      if (state.kind !== "removed") containers.push({ record, state });
    } catch (error) {
      // One that cannot be cleaned up must not hide the others.
      const known = error instanceof CntnrError ? error : explainDiskError(error);
      if (!known) throw error;
      troubles.push(known);
    }
  }
  const isChecked = containers.some(({ record, state }) => record.health && state.kind === "running");
  if (isChecked) (await import("../health/supervisor-lock.ts")).ensureSupervisor(directories);
  for (const clear of [() => removeUnfinished(directories, records), () => clearStrays(directories)])
    await clear().catch((error: unknown) => troubles.push(troubleOf(error)));
  removeOldExits(directories);
  removeStaleSessions(directories);
  return { containers, damaged: troubles };
}

/** Somebody else's files among ours, for example: they must not hide the containers. */
function troubleOf(error: unknown): CntnrError {
  if (error instanceof CntnrError) return error;
  const known = explainDiskError(error);
  return (
    known ??
    new CntnrError("engine", `what killed processes have left cannot be removed: ${messageOf(error)}`, {
      cause: error,
    })
  );
}

/** Exit codes of removed containers that nobody can be waiting for any more. */
function removeOldExits(directories: Directories): void {
  for (const name of readdirSync(directories.exits)) {
    const path = join(directories.exits, name);
    const status = statSync(path, { throwIfNoEntry: false });
    if (status && Date.now() - status.mtimeMs > exitCopyMs && !existsSync(join(directories.containers, name)))
      rmSync(path, { force: true });
  }
}
