import { deleteStray } from "../container/runc.ts";
import type { Directories } from "../store/directories.ts";
import { namesIn } from "../store/list-directory.ts";
import { randomHex, sha256Hex } from "../sys/random.ts";
import { type BundlePlace, listBundles, tryLockBundle } from "./bundle-record.ts";

/** The runtime's id for one run of a bundle. It says which, so that who has the bundle's lock finds what killed runs have left. */
export function newBundleContainerId(bundle: BundlePlace): string {
  return `${prefixOf(bundle)}${randomHex(4)}`;
}

/** With a sum of the place: another store's bundle of that name may run, with the same state directory. */
function prefixOf({ name, directory }: BundlePlace): string {
  return `bundle-${name}-${sha256Hex(directory).slice(0, 8)}-`;
}

/**
 * Ends the containers of a bundle that were left when cntnr and the runtime were both killed: nobody else is to have its root file
 * system (B5), and nobody can reach them. Only under the bundle's lock.
 */
export async function endContainersOf(directories: Directories, bundle: BundlePlace): Promise<void> {
  const prefix = prefixOf(bundle);
  for (const id of namesIn(directories.runcRoot))
    if (id.startsWith(prefix) && /^[a-f0-9]{8}$/.test(id.slice(prefix.length)))
      await deleteStray(directories, id);
}

/** The same for all bundles that nobody runs. */
export async function endAbandonedBundles(directories: Directories): Promise<void> {
  for (const bundle of listBundles(directories).bundles) {
    using lock = tryLockBundle(directories, bundle.name);
    if (lock) await endContainersOf(directories, bundle);
  }
}
