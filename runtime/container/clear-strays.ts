import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Directories } from "../store/directories.ts";
import { namesIn } from "../store/list-directory.ts";
import { isContainerId } from "./container-id.ts";
import { withContainerLock } from "./container-lock.ts";
import { containerPaths } from "./container-record.ts";
import { deleteStray } from "./runc.ts";

/**
 * Ends what the runtime still has of containers that are not there any more, and forgets what netd answered for them. There are such when
 * who made a container was killed, and it was removed while conmon and the runtime were still at it.
 *
 * Bundles and builds have the runtime's states, too, which their locks and names tell of: these are cleared by their own rooms, loaded
 * where there are any.
 */
export async function clearStrays(directories: Directories): Promise<void> {
  const ids = namesIn(directories.runcRoot);
  for (const id of ids)
    if (isContainerId(id) && !isThere(directories, id))
      await withContainerLock(directories, id, async () => {
        if (!isThere(directories, id)) await deleteStray(directories, id);
      });
  for (const name of namesIn(directories.attachments)) {
    const [, id = ""] = /^([a-f0-9]{64})\.json(?:\.new)?$/.exec(name) ?? [];
    if (isContainerId(id) && !isThere(directories, id))
      rmSync(join(directories.attachments, name), { force: true });
  }
  if ([...ids, ...namesIn(directories.attachments)].some((name) => name.startsWith("bundle-"))) {
    const { endAbandonedBundles } = await import("../named-bundle/bundle-containers.ts");
    await endAbandonedBundles(directories);
  }
  if ([...ids, ...namesIn(directories.run)].some((name) => name.startsWith("build-"))) {
    const { clearAbandoned } = await import("../build/steps/build-container.ts");
    const { loadIdMappings } = await import("../userns/load-id-mappings.ts");
    await clearAbandoned(directories, loadIdMappings());
  }
}

/** Also one whose record is damaged. Records are written before anything of the runtime's is there. */
function isThere(directories: Directories, id: Parameters<typeof containerPaths>[1]): boolean {
  return existsSync(containerPaths(directories, id).record);
}
