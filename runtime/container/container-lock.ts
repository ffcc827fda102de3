import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Directories } from "../store/directories.ts";
import { lockFile } from "../sys/file-lock.ts";
import type { ContainerId } from "./container-id.ts";

const patienceMs = 120_000;

/**
 * Cleans up after a container, or removes it, while nobody else does. The lock file stands beside the container's
 * directory, because that goes, and is unlinked by its holder.
 */
export async function withContainerLock<T>(
  directories: Directories,
  id: ContainerId,
  work: () => Promise<T> | T,
): Promise<T> {
  const path = join(directories.containers, `${id}.lock`);
  using _ = await lockFile(path, "exclusive", { timeoutMs: patienceMs });
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}
