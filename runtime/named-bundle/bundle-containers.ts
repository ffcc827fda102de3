import { rmSync } from "node:fs";
import { join } from "node:path";
import { deleteStray } from "../container/runc.ts";
import type { Directories } from "../store/directories.ts";
import { namesIn } from "../store/list-directory.ts";
import { randomHex } from "../sys/random.ts";
import { tryLockBundle } from "./bundle-record.ts";

/** The runtime's id for one run of a bundle. It says which, so that who has the bundle's lock finds what killed runs have left. */
export function newBundleContainerId(name: string): string {
  return `bundle-${name}-${randomHex(4)}`;
}

function bundleOf(id: string): string | undefined {
  return /^bundle-(.+)-[a-f0-9]{8}$/.exec(id)?.[1];
}

/**
 * Ends the containers of a bundle that were left when cntnr and the runtime were both killed: nobody else is to have its root file
 * system (B5), and nobody can reach them. Only under the bundle's lock.
 */
export async function endContainersOf(directories: Directories, name: string): Promise<void> {
  for (const id of namesIn(directories.runcRoot).filter((one) => bundleOf(one) === name))
    await deleteStray(directories, id);
}

/** The same for all bundles that nobody runs, and what netd answered for containers of theirs that are gone. */
export async function endAbandonedBundles(directories: Directories): Promise<void> {
  for (const name of new Set(namesIn(directories.runcRoot).flatMap((id) => bundleOf(id) ?? []))) {
    using lock = tryLockBundle(directories, name);
    if (lock) await endContainersOf(directories, name);
  }
  const states = namesIn(directories.runcRoot);
  for (const file of namesIn(directories.attachments)) {
    const id = file.replace(/\.json(\.new)?$/, "");
    if (bundleOf(id) !== undefined && !states.includes(id))
      rmSync(join(directories.attachments, file), { force: true });
  }
}
