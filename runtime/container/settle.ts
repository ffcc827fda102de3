import { existsSync } from "node:fs";
import { CntnrError } from "../errors/cntnr-error.ts";
import { isDiskFull } from "../errors/disk-error.ts";
import { alertSupervisor } from "../health/supervisor-lock.ts";
import { forgetAttachments } from "../network/kept-attachments.ts";
import type { Directories } from "../store/directories.ts";
import { writeWhole } from "../store/write-whole.ts";
import { noteContainer } from "./container-events.ts";
import type { ContainerId } from "./container-id.ts";
import { claimEnd, readLife } from "./container-life.ts";
import { withContainerLock } from "./container-lock.ts";
import { type ContainerRecord, containerPaths, readRecord } from "./container-record.ts";
import {
  type ContainerState,
  lostExitCode,
  lostExitText,
  notedExit,
  overdueOf,
  readFacts,
  readState,
  stateOf,
} from "./container-state.ts";
import { releaseNamesOf, unregisterContainer } from "./container-store.ts";
import { discardContainer } from "./discard-container.ts";
import { goOn } from "./pause-container.ts";
import { cancelRestart, scheduleRestart } from "./pending-restart.ts";
import { deleteFromRuntime } from "./runc.ts";

/** What a container is doing now; `removed` when it is not there any more. */
export type SettledState = ContainerState | { readonly kind: "removed" };

/**
 * Does what the supervisor of a container would have done at its end, had he not been killed: clears the runtime's state
 * (which detaches its networks), notes that the exit code is lost, and removes a container that goes by itself, or
 * whose maker did not come to his end; and lets one go on that was paused for the work of somebody who was killed. Does nothing to a container that somebody takes care of.
 */
export async function settle(directories: Directories, record: ContainerRecord): Promise<SettledState> {
  const facts = readFacts(directories, record);
  // Looked for after the facts: while they were read it may have gone, and then they are those of one that is only being made.
  if (!existsSync(containerPaths(directories, record.id).record)) return { kind: "removed" };
  if (overdueOf(record, facts) === "nothing") return stateOf(record, facts);
  return withContainerLock(directories, record.id, async () => {
    const present = readRecord(directories, record.id);
    if (!present) return { kind: "removed" };
    const now = readFacts(directories, present);
    switch (overdueOf(present, now)) {
      case "nothing":
        return stateOf(present, now);
      case "discard":
        return remove(directories, present);
      case "unpause":
        goOn(directories, present);
        return readState(directories, present);
      case "restart":
        return finish(directories, present);
      case "clean-up":
        await clearRuntimeState(directories, present);
        keepExit(directories, present.id);
        return finish(directories, present);
    }
  });
}

/**
 * What conmon has started at the end of a container's life, or the foreground cntnr does: the orderly way of {@link settle}.
 * @param lifeNumber of the life that has ended; when it is not the last one any more, others have dealt with it
 */
export function cleanUpEnded(
  directories: Directories,
  id: ContainerId,
  lifeNumber: number,
): Promise<SettledState> {
  return withContainerLock(directories, id, async () => {
    const record = readRecord(directories, id);
    if (!record) return { kind: "removed" };
    if (readLife(containerPaths(directories, id))?.number !== lifeNumber)
      return readState(directories, record);
    await clearRuntimeState(directories, record);
    keepExit(directories, id);
    return finish(directories, record);
  });
}

/** Removes a container that has ended. */
export function removeEnded(directories: Directories, record: ContainerRecord): Promise<void> {
  return withContainerLock(directories, record.id, async () => {
    cancelRestart(containerPaths(directories, record.id));
    await clearRuntimeState(directories, record);
    tellEnd(directories, record);
    await remove(directories, readRecord(directories, record.id) ?? record);
  });
}

async function clearRuntimeState(
  directories: Directories,
  { id, sharesProcesses }: ContainerRecord,
): Promise<void> {
  if (sharesProcesses) {
    const { endLeftovers } = await import("./leftover-processes.ts");
    await endLeftovers(id);
  }
  const paths = containerPaths(directories, id);
  // Again, because the runtime may have been killed at it.
  for (let attempt = 0; attempt < 2 && existsSync(paths.runcState); attempt++)
    await deleteFromRuntime(directories, id);
  // The runtime has hooks run at the end of a container only if it knows that much of it.
  forgetAttachments(directories, id);
  if (existsSync(paths.runcState))
    throw new CntnrError("engine", `container ${id.slice(0, 12)} cannot be cleaned up: see ${paths.runcLog}`);
}

/** What conmon has noted dies with the boot; what nobody has noted is lost. */
function keepExit(directories: Directories, id: ContainerId): void {
  const paths = containerPaths(directories, id);
  if (existsSync(paths.directory) && !existsSync(paths.exit))
    writeExit(directories, id, notedExit(paths) ?? lostExitText);
}

/** After a life, when nothing is left of it: the container is removed, started again after a while, or stays as it is. */
async function finish(directories: Directories, record: ContainerRecord): Promise<SettledState> {
  tellEnd(directories, record);
  if (record.autoRemove) return remove(directories, record);
  const { restart } = readFacts(directories, record);
  if (restart && restart !== "waiting") scheduleRestart(directories, record, restart);
  return readState(directories, record);
}

async function remove(directories: Directories, record: ContainerRecord): Promise<{ kind: "removed" }> {
  await discardContainer(directories, record);
  noteContainer(directories, record, "destroy");
  return { kind: "removed" };
}

function tellEnd(directories: Directories, record: ContainerRecord): void {
  if (!claimEnd(containerPaths(directories, record.id))) return;
  const state = readState(directories, record);
  const exitCode = "exitCode" in state ? state.exitCode : lostExitCode;
  noteContainer(directories, record, "die", { exitCode: String(exitCode) });
  if (record.health) alertSupervisor(directories);
}

/** Notes how a container ended; whole or not at all. On a full disk, where only the copy is that dies with the boot. */
export function writeExit(directories: Directories, id: ContainerId, text: string): void {
  const { exit, exitCopy } = containerPaths(directories, id);
  try {
    writeWhole(exit, text);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    writeWhole(exitCopy, text);
  }
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
