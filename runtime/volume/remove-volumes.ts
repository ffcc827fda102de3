import { join } from "node:path";
import { bytesBelow } from "../container/container-size.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { removeTree } from "../userns/remove-tree.ts";
import {
  findVolume,
  listVolumes,
  lockVolumes,
  readVolume,
  unfinishedVolumes,
  type VolumeRecord,
  withdrawVolume,
} from "./volume-store.ts";

export interface RemovalSurroundings {
  readonly mappings: IdMappings;
  /** Names of the volumes that containers and bundles use, and who does. Asked under the lock that keeps new ones out. */
  readonly usedVolumes: () => ReadonlyMap<string, string>;
}

/** Removes a volume that no container uses. Throws CntnrError `conflict` or `not-found`. */
export async function removeVolume(
  directories: Directories,
  name: string,
  surroundings: RemovalSurroundings,
): Promise<void> {
  const withdrawn = await withdrawUnused(directories, surroundings, (used) => {
    findVolume(directories, name);
    const user = used.get(name);
    if (user !== undefined)
      throw new CntnrError("conflict", `volume ${name} is in use by ${user}: remove that first`);
    return [name];
  });
  await removeAll(withdrawn, surroundings.mappings);
}

/** Removes those of these anonymous volumes that no other container uses: their container has gone. */
export async function removeAnonymousVolumes(
  directories: Directories,
  names: readonly string[],
  surroundings: RemovalSurroundings,
): Promise<void> {
  const withdrawn = await withdrawUnused(directories, surroundings, (used) =>
    names.filter((name) => !used.has(name) && readVolume(directories, name)?.anonymous),
  );
  await removeAll(withdrawn, surroundings.mappings);
}

export interface PrunedVolume {
  readonly name: string;
  /** Room that its files took in the store. */
  readonly bytes: number;
}

/** Removes all volumes that no container uses and that are wanted removed. What was begun is finished, aborted or not. */
export async function pruneVolumes(
  directories: Directories,
  isWanted: (volume: VolumeRecord) => boolean,
  surroundings: RemovalSurroundings,
  signal?: AbortSignal,
): Promise<PrunedVolume[]> {
  signal?.throwIfAborted();
  let names: string[] = [];
  const withdrawn = await withdrawUnused(directories, surroundings, (used) => {
    const { volumes } = listVolumes(directories);
    names = volumes.filter((volume) => !used.has(volume.name) && isWanted(volume)).map(({ name }) => name);
    return names;
  });
  const pruned: PrunedVolume[] = [];
  for (const [index, path] of withdrawn.entries()) {
    const bytes = await bytesBelow(join(path, "data"));
    await removeTree(path, surroundings.mappings);
    pruned.push({ name: names[index] ?? "", bytes });
  }
  await removeAll(unfinishedVolumes(directories), surroundings.mappings);
  return pruned;
}

async function withdrawUnused(
  directories: Directories,
  { usedVolumes }: RemovalSurroundings,
  choose: (used: ReadonlyMap<string, string>) => readonly string[],
): Promise<string[]> {
  using _ = await lockVolumes(directories, "exclusive");
  return choose(usedVolumes()).map((name) => withdrawVolume(directories, name));
}

async function removeAll(paths: readonly string[], mappings: IdMappings): Promise<void> {
  for (const path of paths) await removeTree(path, mappings);
}
