import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { removeVolumesOf } from "../container/container-volumes.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { endContainersOf } from "./bundle-containers.ts";
import {
  type BundleRecord,
  bundleRecordPath,
  isWhole,
  listBundles,
  lockBundle,
  placeOfBundle,
  readBundle,
  tryLockBundle,
} from "./bundle-record.ts";
import { removeBundleFiles } from "./create-bundle.ts";

/**
 * Removes a bundle, and the anonymous volumes that only it has.
 * @param damaged what becomes of one whose record cannot be read
 * Throws CntnrError `not-found`, or `conflict` for one that is running.
 */
export async function removeBundle(
  directories: Directories,
  text: string,
  damaged: "refuse" | "remove",
): Promise<void> {
  const place = placeOfBundle(directories, text);
  using _ = lockBundle(directories, place.name);
  await endContainersOf(directories, place);
  const record = readIfReadable(directories, place.name, damaged);
  if (!record && !existsSync(bundleRecordPath(directories, place.name)))
    throw new CntnrError("not-found", `there is no bundle ${text} (\`cntnr bundle ls\` lists them)`);
  await removeBundleFiles(directories, record ?? place, loadIdMappings());
  if (record) await removeVolumesOf(directories, record);
  removeLock(directories, place.name);
}

function readIfReadable(
  directories: Directories,
  name: string,
  damaged: "refuse" | "remove",
): BundleRecord | undefined {
  try {
    return readBundle(directories, name);
  } catch (error) {
    if (damaged === "remove" && error instanceof CntnrError && error.code === "corrupt") return undefined;
    throw error;
  }
}

/** A lock file may be unlinked by its holder. */
function removeLock(directories: Directories, name: string): void {
  rmSync(join(directories.bundles, `${name}.lock`), { force: true });
}

/**
 * Removes bundles that are not whole, whose directory somebody has taken away, and those that were neither changed nor run since a time, in
 * milliseconds since 1970. What is running or being changed stays. Returns their names.
 */
export async function collectBundles(
  directories: Directories,
  unusedSinceMs: number | undefined,
): Promise<string[]> {
  const removed: string[] = [];
  for (const { name } of listBundles(directories).bundles) {
    using lock = tryLockBundle(directories, name);
    const record = lock && readBundle(directories, name);
    if (!record || !isGarbage(directories, record, unusedSinceMs)) continue;
    await endContainersOf(directories, record);
    await removeBundleFiles(directories, record, loadIdMappings());
    await removeVolumesOf(directories, record);
    removeLock(directories, name);
    removed.push(name);
  }
  removeStaleLocks(directories);
  return removed;
}

/** The names of the bundles that {@link collectBundles} would remove, unless they run. */
export function findUnusedBundles(directories: Directories, unusedSinceMs: number | undefined): string[] {
  return listBundles(directories)
    .bundles.filter((record) => isGarbage(directories, record, unusedSinceMs))
    .map(({ name }) => name);
}

function isGarbage(
  directories: Directories,
  record: BundleRecord,
  unusedSinceMs: number | undefined,
): boolean {
  if (!isWhole(record)) return true;
  return unusedSinceMs !== undefined && lastUseMs(directories, record) < unusedSinceMs;
}

/** When a bundle was last changed or run, in milliseconds since 1970. */
export function lastUseMs(directories: Directories, { name }: BundleRecord): number {
  return statSync(bundleRecordPath(directories, name)).mtimeMs;
}

/** Of bundles that were never made. */
function removeStaleLocks(directories: Directories): void {
  for (const file of readdirSync(directories.bundles)) {
    if (!file.endsWith(".lock")) continue;
    const name = file.slice(0, -".lock".length);
    if (existsSync(bundleRecordPath(directories, name))) continue;
    using lock = tryLockBundle(directories, name);
    if (lock) removeLock(directories, name);
  }
}
