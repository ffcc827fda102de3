import type { Directories } from "../store/directories.ts";
import type { ContainerId } from "./container-id.ts";
import type { ContainerRecord } from "./container-record.ts";
import { measureContainer } from "./container-size.ts";
import { isActive } from "./container-state.ts";
import { removeContainer } from "./end-container.ts";
import { sweep } from "./sweep.ts";

export interface PrunedContainer {
  readonly id: ContainerId;
  readonly name: string;
  /** Room that it took. */
  readonly bytes: number;
}

/** Removes all containers that do not run, as far as they are wanted away. Aborted, it ends between two of them. */
export async function pruneContainers(
  directories: Directories,
  isWanted: (record: ContainerRecord) => boolean,
  signal?: AbortSignal,
): Promise<PrunedContainer[]> {
  const { containers } = await sweep(directories);
  const pruned: PrunedContainer[] = [];
  for (const { record, state } of containers) {
    if (isActive(state) || !isWanted(record)) continue;
    signal?.throwIfAborted();
    const { ownBytes } = await measureContainer(directories, record);
    await removeContainer(directories, record, "refuse");
    pruned.push({ id: record.id, name: record.name, bytes: ownBytes });
  }
  return pruned;
}
