import { existsSync, renameSync, writeFileSync } from "node:fs";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import type { ContainerId } from "./container-id.ts";
import { withContainerLock } from "./container-lock.ts";
import { type ContainerRecord, containerPaths, readRecord } from "./container-record.ts";
import {
  type ContainerState,
  lostExitText,
  needsSettling,
  readFacts,
  readState,
  stateOf,
} from "./container-state.ts";
import { releaseNamesOf, unregisterContainer } from "./container-store.ts";
import { deleteFromRuntime } from "./runc.ts";

/** What a container is doing now; `removed` when it is not there any more. */
export type SettledState = ContainerState | { readonly kind: "removed" };

/**
 * Does what the supervisor of a container would have done at its end, had he not been killed: clears the runtime's state
 * (which detaches its networks), notes that the exit code is lost, and removes a container that goes by itself.
 * Does nothing to a container that somebody takes care of.
 */
export async function settle(directories: Directories, record: ContainerRecord): Promise<SettledState> {
  const facts = readFacts(directories, record);
  const isOverdue = record.autoRemove && facts.exit && !facts.isConmonAlive && !facts.isCreatorAlive;
  if (!needsSettling(facts) && !isOverdue) return stateOf(record, facts);
  return withContainerLock(directories, record.id, async () => {
    if (!readRecord(directories, record.id)) return { kind: "removed" };
    const now = readFacts(directories, record);
    if (needsSettling(now)) await clearRuntimeState(directories, record.id);
    return finish(directories, record);
  });
}

/** What conmon has started at a container's end, or the foreground cntnr does: the orderly way of {@link settle}. */
export function cleanUpEnded(directories: Directories, record: ContainerRecord): Promise<SettledState> {
  return withContainerLock(directories, record.id, async () => {
    if (!readRecord(directories, record.id)) return { kind: "removed" };
    await clearRuntimeState(directories, record.id);
    return finish(directories, record);
  });
}

/** Removes a container that has ended. */
export function removeEnded(directories: Directories, record: ContainerRecord): Promise<void> {
  return withContainerLock(directories, record.id, async () => {
    await clearRuntimeState(directories, record.id);
    await unregisterContainer(directories, record.id, record.name);
  });
}

/** The runtime's state first and the exit code second: what has an exit code has no process any more. */
async function clearRuntimeState(directories: Directories, id: ContainerId): Promise<void> {
  const paths = containerPaths(directories, id);
  if (existsSync(paths.runcState)) await deleteFromRuntime(directories, id);
  if (existsSync(paths.runcState))
    throw new CntnrError("engine", `container ${id.slice(0, 12)} cannot be cleaned up: see ${paths.runcLog}`);
  if (existsSync(paths.directory) && !existsSync(paths.exit)) writeExit(directories, id, lostExitText);
}

async function finish(directories: Directories, record: ContainerRecord): Promise<SettledState> {
  if (!record.autoRemove) return readState(directories, record);
  await unregisterContainer(directories, record.id, record.name);
  return { kind: "removed" };
}

/** Notes how a container ended; whole or not at all. */
export function writeExit(directories: Directories, id: ContainerId, text: string): void {
  const { exit } = containerPaths(directories, id);
  writeFileSync(`${exit}.new`, text);
  renameSync(`${exit}.new`, exit);
}

/** Removes a container whose record cannot be read, with all that the runtime knows of it. */
export function removeDamaged(directories: Directories, id: ContainerId): Promise<void> {
  return withContainerLock(directories, id, async () => {
    const { runcState } = containerPaths(directories, id);
    if (existsSync(runcState)) await deleteFromRuntime(directories, id);
    await unregisterContainer(directories, id, undefined);
    releaseNamesOf(directories, id);
  });
}
