import { bindDirectory, enterRoot } from "./mount.ts";

/**
 * Makes `directory` the root of this process and its own mount namespace, and lets go of everything else of
 * the file system: afterwards no path, whatever links it goes through, leads out of it.
 * Needs to be root of a user namespace with a mount namespace of its own. Throws SystemCallError.
 */
export function confineTo(directory: string): void {
  // pivot_root(2) wants a mount point.
  bindDirectory(directory, directory);
  enterRoot(directory);
}
