import { readAllBundles } from "../named-bundle/bundle-record.ts";
import type { Directories } from "../store/directories.ts";
import type { MountRequest, VolumesFrom } from "./container-options.ts";
import type { ContainerRecord, RecordedMount } from "./container-record.ts";
import { findContainer, listContainers } from "./container-store.ts";

/** Names of volumes in the records of containers and bundles, with the name of one of these. Throws when a record cannot be read: better keep all. */
export function usedVolumes(directories: Directories): ReadonlyMap<string, string> {
  const { records, damaged } = listContainers(directories);
  if (damaged[0]) throw damaged[0];
  const users = [
    ...records.map(({ mounts, name }) => ({ mounts, user: `container ${name}` })),
    ...readAllBundles(directories).map(({ mounts, name }) => ({ mounts, user: `bundle ${name}` })),
  ];
  return new Map(users.flatMap(({ mounts, user }) => volumeNames(mounts).map((volume) => [volume, user])));
}

function volumeNames(mounts: readonly RecordedMount[]): string[] {
  return mounts.flatMap((mount) => (mount.kind === "volume" ? [mount.name] : []));
}

/** Removes the anonymous volumes of a container that has gone, unless others use them, too. */
export async function removeVolumesOf(
  directories: Directories,
  record: Pick<ContainerRecord, "mounts">,
): Promise<void> {
  const names = volumeNames(record.mounts);
  if (names.length === 0) return;
  const { removeAnonymousVolumes } = await import("../volume/remove-volumes.ts");
  const { loadIdMappings } = await import("../userns/load-id-mappings.ts");
  await removeAnonymousVolumes(directories, names, {
    mappings: loadIdMappings(),
    usedVolumes: () => usedVolumes(directories),
  });
}

/** Mounts that a container has from others; its own at the same place count more. Throws CntnrError. */
export function mountsFromOthers(
  directories: Directories,
  others: readonly VolumesFrom[],
  own: readonly MountRequest[],
): MountRequest[] {
  const mounts = new Map<string, MountRequest>();
  for (const { container, readOnly } of others)
    for (const mount of findContainer(directories, container).mounts)
      if (mount.kind !== "tmpfs") mounts.set(mount.destination, asRequest(mount, readOnly));
  for (const { destination } of own) mounts.delete(destination);
  return [...mounts.values()];
}

function asRequest(mount: Exclude<RecordedMount, { kind: "tmpfs" }>, readOnly: boolean): MountRequest {
  const shared = { ...mount, readOnly: mount.readOnly || readOnly };
  return shared.kind === "bind" ? shared : { ...shared, content: "left-alone" };
}
