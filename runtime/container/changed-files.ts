import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Directories } from "../store/directories.ts";
import { newKey } from "../store/temporary.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";
import { mappingsOf } from "./user-namespace.ts";

/**
 * Does something with a directory that has what a container has changed of its image, as the upper one of an overlay: its own, or one that
 * is made for the time of it, where the container has a copy of the image's files. Undefined when nobody knows what it was a copy of.
 */
export async function withChangedFiles<T>(
  directories: Directories,
  record: ContainerRecord,
  work: (upper: string) => Promise<T>,
): Promise<T | undefined> {
  const { directory } = containerPaths(directories, record.id);
  const upper = join(directory, "upper");
  if (existsSync(upper)) return work(upper);
  const { copyChanges, isWorkingCopy } = await import("../merged-tree/merge-process.ts");
  const copy = join(directory, "rootfs");
  if (!isWorkingCopy(copy)) return undefined;
  const mappings = mappingsOf(record);
  await using stack = new AsyncDisposableStack();
  const key = stack.use(await newKey(directories, "upper"));
  stack.defer(() => key.clear(mappings));
  const changes = key.makeDirectory();
  await copyChanges(copy, changes, key.makeDirectory(), { mappings, lockFd: key.lockFd });
  return await work(changes);
}
