import type { Directories } from "../store/directories.ts";
import type { ContainerRecord } from "./container-record.ts";
import { unregisterContainer } from "./container-store.ts";

/**
 * Removes a container's files and, if it goes by itself, the anonymous volumes that only it has used, as docker's --rm does. These
 * come last: without its record a container uses nothing any more. Killed in between, we leave volumes that `volume prune` removes.
 */
export async function discardContainer(directories: Directories, record: ContainerRecord): Promise<void> {
  await unregisterContainer(directories, record.id, record.name);
  if (!record.autoRemove || !record.mounts.some(({ kind }) => kind === "volume")) return;
  const { removeVolumesOf } = await import("./container-volumes.ts");
  await removeVolumesOf(directories, record);
}
