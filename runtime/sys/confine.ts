import { dlopen } from "bun:ffi";
import { checkResult } from "./system-call.ts";

const bind = 4096; // MS_BIND
const detach = 2; // MNT_DETACH

/**
 * Makes `directory` the root of this process and its own mount namespace, and lets go of everything else of
 * the file system: afterwards no path, whatever links it goes through, leads out of it.
 * Needs to be root of a user namespace with a mount namespace of its own. Throws SystemCallError.
 */
export function confineTo(directory: string): void {
  const libc = dlopen("libc.so.6", {
    mount: { args: ["ptr", "ptr", "ptr", "u64", "ptr"], returns: "i32" },
    pivot_root: { args: ["ptr", "ptr"], returns: "i32" },
    umount2: { args: ["ptr", "i32"], returns: "i32" },
    umask: { args: ["u32"], returns: "u32" },
  }).symbols;
  const target = Buffer.from(`${directory}\0`);
  const here = Buffer.from(".\0");
  // pivot_root(2) wants a mount point, and with "." for both leaves the old root on top of the new one.
  checkResult("mount", libc.mount(target, target, null, bind, null));
  process.chdir(directory);
  checkResult("pivot_root", libc.pivot_root(here, here));
  checkResult("umount2", libc.umount2(here, detach));
  process.chdir("/");
  libc.umask(0);
}
