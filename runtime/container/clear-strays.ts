import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { namesIn } from "../store/list-directory.ts";
import { type ContainerId, isContainerId } from "./container-id.ts";
import { withContainerLock } from "./container-lock.ts";
import { containerPaths } from "./container-record.ts";
import { readArguments } from "./process-identity.ts";
import { deleteStray } from "./runc.ts";

/**
 * Ends what the runtime still has of containers that are not there any more, and forgets what netd answered for them. There are such when
 * who made a container was killed, and it was removed while conmon and the runtime were still at it.
 *
 * The runtime's states are those of all stores (--store-dir) that share a state directory: what is another one's is left alone. Bundles and
 * builds have states there, too, which their own rooms clear, loaded where there are any.
 */
export async function clearStrays(directories: Directories): Promise<void> {
  const ids = namesIn(directories.runcRoot);
  for (const id of ids)
    if (isContainerId(id) && isStray(directories, id))
      await withContainerLock(directories, id, async () => {
        if (isStray(directories, id)) await deleteStray(directories, id);
      });
  if (ids.some((id) => id.startsWith("bundle-"))) {
    const { endAbandonedBundles } = await import("../named-bundle/bundle-containers.ts");
    await endAbandonedBundles(directories);
  }
  if ([...ids, ...namesIn(directories.run)].some((name) => name.startsWith("build-"))) {
    const { clearAbandoned } = await import("../build/steps/build-container.ts");
    const { loadIdMappings } = await import("../userns/load-id-mappings.ts");
    await clearAbandoned(directories, loadIdMappings());
  }
  forgetStrayAttachments(directories);
}

/** Records are written before anything of the runtime's is there; also one that is damaged is one. */
function isStray(directories: Directories, id: ContainerId): boolean {
  if (existsSync(containerPaths(directories, id).record)) return false;
  const bundle = bundleOfState(directories, id);
  if (bundle === "unknown") return !isNamedBySomebody(id);
  return dirname(bundle) === directories.containers;
}

/** The part of runc's own state file that says what the container was made from. */
const stateSchema = v.object({ config: v.object({ labels: v.array(v.string()) }) });

function bundleOfState(directories: Directories, id: ContainerId): string {
  try {
    const text = readFileSync(join(containerPaths(directories, id).runcState, "state.json"), "utf8");
    const { labels } = v.parse(stateSchema, JSON.parse(text)).config;
    return labels.find((label) => label.startsWith("bundle="))?.slice("bundle=".length) ?? "unknown";
  } catch (error) {
    // runc was killed before it had written all of it, or is about to.
    if (hasErrno(error, "ENOENT") || error instanceof SyntaxError || v.isValiError(error)) return "unknown";
    throw error;
  }
}

/** Whoever makes a container, of whichever store, has its id among his arguments. */
function isNamedBySomebody(id: ContainerId): boolean {
  return namesIn("/proc").some((name) => /^\d+$/.test(name) && readArguments(Number(name)).includes(id));
}

/** While there is something to be attached, the runtime has a state of it. Those of other runtimes' containers are not ours to judge. */
function forgetStrayAttachments(directories: Directories): void {
  const states = new Set(namesIn(directories.runcRoot));
  for (const name of namesIn(directories.attachments)) {
    const id = name.replace(/\.json(?:\.[0-9a-f]+\.new)?$/, "");
    const isOurs = isContainerId(id) || id.startsWith("bundle-");
    if (isOurs && !states.has(id)) rmSync(join(directories.attachments, name), { force: true });
  }
}
