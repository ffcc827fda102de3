import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { layerNamesOf, readLayer } from "../store/layers.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { runInUserNamespace } from "../userns/run-in-user-namespace.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";

export interface ContainerSize {
  /** What it has written, without what it has in memory alone. */
  readonly ownBytes: number;
  /** The files of its image's layers. */
  readonly imageBytes: number;
}

const measureTimeoutMs = 10 * 60_000;

/** How much room a container takes. Files that are not the user's own are asked for in a user namespace. */
export async function measureContainer(
  directories: Directories,
  record: ContainerRecord,
): Promise<ContainerSize> {
  const { directory } = containerPaths(directories, record.id);
  let imageBytes = 0;
  for (const name of layerNamesOf(record.layers))
    imageBytes += readLayer(directories, name)?.contentBytes ?? 0;
  return { ownBytes: await bytesBelow(join(directory, "upper")), imageBytes };
}

/** The sizes of all files below a directory of the user's or of his sub-ids. */
export async function bytesBelow(directory: string): Promise<number> {
  try {
    return sumOf(directory);
  } catch (error) {
    if (!hasErrno(error, "EACCES")) throw error;
  }
  const du = ["du", "--summarize", "--block-size=1", "--apparent-size", directory] as const;
  const { stdout } = await runInUserNamespace(loadIdMappings(), du, { timeoutMs: measureTimeoutMs });
  return Number.parseInt(stdout, 10) || 0;
}

/** Of regular files and links, each once. */
function sumOf(directory: string, seen = new Set<string>()): number {
  let sum = 0;
  for (const entry of listIfThere(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) sum += sumOf(path, seen);
    else {
      const status = lstatSync(path, { throwIfNoEntry: false });
      if (!status || seen.has(`${status.dev}:${status.ino}`)) continue;
      if (status.nlink > 1) seen.add(`${status.dev}:${status.ino}`);
      sum += status.size;
    }
  }
  return sum;
}

function listIfThere(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return [];
    throw error;
  }
}
