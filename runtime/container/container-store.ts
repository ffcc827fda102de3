import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { readAllBundles } from "../named-bundle/bundle-record.ts";
import type { Directories } from "../store/directories.ts";
import { type ContainerId, isContainerId } from "./container-id.ts";
import { checkName, randomName } from "./container-name.ts";
import { type ContainerRecord, containerPaths, readRecord, writeRecord } from "./container-record.ts";
import { isMakerAlive, ownMark } from "./process-identity.ts";
import { privateMemory } from "./shared-memory.ts";

/*
 *     <data>/containers/<id>/            a container; appears by one rename, its record in it, and goes by one
 *     <data>/containers/<id>.<maker>.new/  one whose record is being written; garbage if its maker was killed
 *     <data>/containers/<id>.gone/       one that is removed; garbage if who removes it was killed
 *     <data>/containers/names/<name>  -> <id>
 *
 * Making: directory with record, name, everything else. Removing: directory, name. So a name always belongs to
 * somebody whose record says so, or, when its owner was killed in between, to nobody.
 */

const namesDirectory = "names";

/** Makes a container's directory, record and name. Throws CntnrError `conflict` when the name is taken. */
export async function registerContainer(
  directories: Directories,
  name: string | undefined,
  describe: (name: string) => ContainerRecord,
): Promise<ContainerRecord> {
  if (name !== undefined) return register(directories, describe(checkName(name)));
  for (let attempt = 0; ; attempt++) {
    try {
      return await register(directories, describe(randomName(attempt)));
    } catch (error) {
      const isTaken = error instanceof CntnrError && error.code === "conflict";
      if (!isTaken || attempt > 8) throw error;
    }
  }
}

async function register(directories: Directories, record: ContainerRecord): Promise<ContainerRecord> {
  const { directory } = containerPaths(directories, record.id);
  const unfinished = `${directory}.${ownMark()}.new`;
  try {
    mkdirSync(unfinished, { mode: 0o700 });
    writeRecord(join(unfinished, "container.json"), record);
    renameSync(unfinished, directory);
    await takeName(directories, record);
  } catch (error) {
    // On a full disk, too, a failure leaves nothing.
    for (const path of [unfinished, directory]) rmSync(path, { recursive: true, force: true });
    throw error;
  }
  return record;
}

/** Creating the link is what decides between two who want the same name. */
async function takeName(directories: Directories, { name, id }: ContainerRecord): Promise<void> {
  for (;;) {
    try {
      return symlinkSync(id, namePath(directories, name));
    } catch (error) {
      if (hasErrno(error, "ENOENT")) {
        mkdirSync(join(directories.containers, namesDirectory), { recursive: true });
        continue;
      }
      if (!hasErrno(error, "EEXIST")) throw error;
    }
    const owner = nameOwner(directories, name);
    if (owner !== undefined && ownsName(directories, owner, name)) throw taken(name, owner);
    await releaseStaleName(directories, name);
  }
}

/**
 * Takes a name for a container that has another one, and gives that back. While the new name is a stranger to the record, nobody may
 * take it for a stale one; if we are killed in between it is one, or the old name is.
 * @param replace writes the record with the new name
 */
export async function moveName(
  directories: Directories,
  renamed: ContainerRecord,
  replace: () => void,
  oldName: string,
): Promise<void> {
  using _ = await lockNames(directories);
  try {
    symlinkSync(renamed.id, namePath(directories, renamed.name));
  } catch (error) {
    if (!hasErrno(error, "EEXIST")) throw error;
    const owner = nameOwner(directories, renamed.name);
    if (owner !== undefined && ownsName(directories, owner, renamed.name)) throw taken(renamed.name, owner);
    unlinkSync(namePath(directories, renamed.name));
    symlinkSync(renamed.id, namePath(directories, renamed.name));
  }
  try {
    replace();
  } catch (error) {
    rmSync(namePath(directories, renamed.name), { force: true });
    throw error;
  }
  rmSync(namePath(directories, oldName), { force: true });
}

function taken(name: string, owner: ContainerId): CntnrError {
  return new CntnrError(
    "conflict",
    `the name ${name} is taken by container ${owner.slice(0, 12)}: remove it (\`cntnr rm ${name}\`) or choose another name`,
  );
}

async function lockNames(directories: Directories): Promise<Disposable> {
  const { lockFile } = await import("../sys/file-lock.ts");
  return lockFile(join(directories.containers, `${namesDirectory}.lock`), "exclusive");
}

/** Under a lock, so that nobody takes away the name that somebody else has just taken. */
async function releaseStaleName(directories: Directories, name: string): Promise<void> {
  using _ = await lockNames(directories);
  const owner = nameOwner(directories, name);
  if (owner !== undefined && !ownsName(directories, owner, name)) unlinkSync(namePath(directories, name));
}

function namePath(directories: Directories, name: string): string {
  return join(directories.containers, namesDirectory, name);
}

function nameOwner(directories: Directories, name: string): ContainerId | undefined {
  try {
    const id = readlinkSync(namePath(directories, name));
    return isContainerId(id) ? id : undefined;
  } catch (error) {
    if (hasErrno(error, "ENOENT", "EINVAL")) return undefined;
    throw error;
  }
}

function ownsName(directories: Directories, id: ContainerId, name: string): boolean {
  try {
    return readRecord(directories, id)?.name === name;
  } catch (error) {
    // One that cannot be read keeps its name until it is removed.
    if (error instanceof CntnrError) return true;
    throw error;
  }
}

/** Ids of all containers, also of those whose record is damaged. */
export function listIds(directories: Directories): ContainerId[] {
  return readdirSync(directories.containers).filter(isContainerId);
}

/** What was found of all containers: records, and why some could not be read. */
export interface ContainerList {
  readonly records: readonly ContainerRecord[];
  readonly damaged: readonly CntnrError[];
}

/** All containers, the newest first. One that is damaged does not hide the others. */
export function listContainers(directories: Directories): ContainerList {
  const records: ContainerRecord[] = [];
  const damaged: CntnrError[] = [];
  for (const id of listIds(directories)) {
    try {
      const record = readRecord(directories, id);
      if (record) records.push(record);
    } catch (error) {
      if (!(error instanceof CntnrError)) throw error;
      damaged.push(error);
    }
  }
  records.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  return { records, damaged };
}

/** The layers that containers and bundles use, for the collection of garbage. Throws when a record cannot be read: better keep all. */
export function usedLayers(directories: Directories): string[] {
  const { records, damaged } = listContainers(directories);
  if (damaged[0]) throw damaged[0];
  return [...records, ...readAllBundles(directories)].flatMap(({ layers }) => layers);
}

/** Finds a container by name, id, or the start of its id. Throws CntnrError `not-found` or `conflict`. */
export function findContainer(directories: Directories, text: string): ContainerRecord {
  const id = findId(directories, text);
  const record = id && readRecord(directories, id);
  if (record) return record;
  throw new CntnrError("not-found", `No such container: ${text} (\`cntnr ps -a\` lists them)`);
}

/** Does something with a container's files. When that fails because somebody removes them meanwhile, the error says so (`conflict`). */
export async function whileThere<T>(
  directories: Directories,
  { id, name }: ContainerRecord,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (hasRecord(directories, id)) throw error;
    throw new CntnrError("conflict", `container ${name} was removed meanwhile`, { cause: error });
  }
}

/** The id behind a name, an id, or the start of one; also of a container whose record is damaged. */
export function findId(directories: Directories, text: string): ContainerId | undefined {
  const owner = /^[a-zA-Z0-9_.-]+$/.test(text) ? nameOwner(directories, text) : undefined;
  if (owner !== undefined && ownsName(directories, owner, text)) return owner;
  if (!/^[a-f0-9]{1,64}$/.test(text)) return undefined;
  const matching = listIds(directories).filter((id) => id.startsWith(text));
  if (matching.length > 1)
    throw new CntnrError(
      "conflict",
      `"${text}" is the start of the ids of ${matching.length} containers; give more of it`,
    );
  return matching[0];
}

/**
 * Removes a container's files. Its processes, mounts and networks have to be gone. The rename is the end of the container: were it
 * removed file by file, what a killed process leaves of it would look like a container that cannot be started. It needs no room.
 */
export async function unregisterContainer(
  directories: Directories,
  id: ContainerId,
  name: string | undefined,
): Promise<void> {
  const { directory } = containerPaths(directories, id);
  // First, for only the record tells of it.
  await removeFiles(privateMemory(id));
  try {
    renameSync(directory, `${directory}.gone`);
  } catch (error) {
    if (!hasErrno(error, "ENOENT")) throw error;
  }
  if (name !== undefined && nameOwner(directories, name) === id)
    rmSync(namePath(directories, name), { force: true });
  await removeFiles(`${directory}.gone`);
}

/** What the user cannot remove himself belongs to sub-ids, which takes a namespace. */
async function removeFiles(directory: string): Promise<void> {
  try {
    // An overlay leaves a directory of mode 0 in its work directory: it can be removed, but not looked into.
    rmdirSync(join(directory, "work/work"));
  } catch (error) {
    if (!hasErrno(error, "ENOENT", "ENOTEMPTY", "EACCES", "ENOTDIR")) throw error;
  }
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch (error) {
    if (!hasErrno(error, "EACCES", "EPERM", "ENOTEMPTY")) throw error;
    const { removeTree } = await import("../userns/remove-tree.ts");
    const { loadIdMappings } = await import("../userns/load-id-mappings.ts");
    await removeTree(directory, loadIdMappings());
  }
}

/**
 * Removes what killed processes have left here: directories whose maker had not written the record yet, or whose remover did not come
 * to his end, lock files of containers that are not there, and names of nobody's.
 * @param records all that can be read
 */
export async function removeUnfinished(
  directories: Directories,
  records: readonly ContainerRecord[],
): Promise<void> {
  const listed = new Set<string>(records.map(({ id }) => id));
  for (const name of readdirSync(directories.containers)) {
    if (listed.has(name)) continue;
    const path = join(directories.containers, name);
    const [, id, maker = "", kind] =
      /^([a-f0-9]{64})(?:\.(\d+-\d+))?(?:\.(new|gone|lock))?$/.exec(name) ?? [];
    if (id === undefined || !isContainerId(id)) continue;
    if (kind === "new") {
      if (!isMakerAlive(maker)) rmSync(path, { recursive: true, force: true });
    } else if (kind === "gone" || kind === "lock" || !hasRecord(directories, id))
      await removeRest(directories, id, kind);
  }
  const owned = new Set(records.map(({ name }) => name));
  const taken = new Set(listIfThere(join(directories.containers, namesDirectory)));
  for (const name of taken) if (!owned.has(name)) await releaseStaleName(directories, name);
  for (const record of records) if (!taken.has(record.name)) await giveNameBack(directories, record);
}

/** Somebody has removed the link. One that is still being made takes its name itself. */
async function giveNameBack(directories: Directories, record: ContainerRecord): Promise<void> {
  if (!existsSync(containerPaths(directories, record.id).config)) return;
  try {
    await takeName(directories, record);
  } catch (error) {
    // Somebody else has it by now, or this one again; it can be found by its id.
    if (!(error instanceof CntnrError)) throw error;
  }
}

function hasRecord(directories: Directories, id: ContainerId): boolean {
  return existsSync(containerPaths(directories, id).record);
}

/** Unless somebody is at it, who holds the container's lock. */
async function removeRest(
  directories: Directories,
  id: ContainerId,
  kind: string | undefined,
): Promise<void> {
  const { tryLockFile } = await import("../sys/file-lock.ts");
  const path = join(directories.containers, `${id}.lock`);
  using lock = tryLockFile(path, "exclusive");
  if (!lock) return;
  if (kind !== "lock" && !hasRecord(directories, id)) await unregisterContainer(directories, id, undefined);
  rmSync(path, { force: true });
}

function listIfThere(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return [];
    throw error;
  }
}

/** Gives back the names of a container whose own record does not tell them any more. */
export function releaseNamesOf(directories: Directories, id: ContainerId): void {
  for (const name of listIfThere(join(directories.containers, namesDirectory)))
    if (nameOwner(directories, name) === id) rmSync(namePath(directories, name), { force: true });
}
