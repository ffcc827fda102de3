import type { Directories } from "../store/directories.ts";
import { noteContainer } from "./container-events.ts";
import type { ContainerId } from "./container-id.ts";
import { type ContainerRecord, containerPaths, readRecord } from "./container-record.ts";
import { isActive } from "./container-state.ts";
import { stopContainer } from "./end-container.ts";
import { readPendingRestart } from "./pending-restart.ts";
import { settle } from "./settle.ts";
import { startContainer } from "./start-container.ts";

/** Stops a container as {@link stopContainer} does, if it runs, and starts it. Throws CntnrError. */
export async function restartContainer(
  directories: Directories,
  record: ContainerRecord,
  options: Parameters<typeof stopContainer>[2],
): Promise<void> {
  const state = await settle(directories, record);
  if (isActive(state as Exclude<typeof state, { kind: "removed" }>))
    await stopContainer(directories, record, options);
  await startContainer(directories, record);
  noteContainer(directories, record, "restart");
}

/** What the process of a pending restart does when the time has come; nothing, when that is not wanted any more. */
export async function restartDue(directories: Directories, id: ContainerId): Promise<void> {
  const record = readRecord(directories, id);
  const pending = readPendingRestart(containerPaths(directories, id));
  if (!record || pending?.waiter.pid !== process.pid) return;
  const { restarts, restartDelayMs } = pending;
  await startContainer(directories, record, { cause: { restarts, restartDelayMs } });
}
