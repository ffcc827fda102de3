import { dlopen } from "bun:ffi";
import { closeSync, constants, openSync } from "node:fs";
import { checkResult, errorName, lastErrno } from "./system-call.ts";

const noSetId = 0x2; // MS_NOSUID
const noDevices = 0x4; // MS_NODEV
const noPrograms = 0x8; // MS_NOEXEC
const bind = 0x1000; // MS_BIND
const recursive = 0x4000; // MS_REC
const readOnly = 0x1; // MS_RDONLY
const move = 0x2000; // MS_MOVE
const detach = 2; // MNT_DETACH

let libc: ReturnType<typeof load> | undefined;

function load() {
  return dlopen("libc.so.6", {
    mount: { args: ["ptr", "ptr", "ptr", "u64", "ptr"], returns: "i32" },
    pivot_root: { args: ["ptr", "ptr"], returns: "i32" },
    umount2: { args: ["ptr", "i32"], returns: "i32" },
    chroot: { args: ["ptr"], returns: "i32" },
    umask: { args: ["u32"], returns: "u32" },
    fchdir: { args: ["i32"], returns: "i32" },
  }).symbols;
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function mount(source: string, target: string, type: string | null, flags: number, options: string | null) {
  libc ??= load();
  const result = libc.mount(
    text(source),
    text(target),
    type === null ? null : text(type),
    flags,
    options === null ? null : text(options),
  );
  checkResult(`mount on ${target}`, result);
}

/** mount(2) of a tmpfs, for a mount namespace of one's own. Throws SystemCallError. */
export function mountTmpfs(target: string): void {
  mount("tmpfs", target, "tmpfs", 0, "mode=755");
}

/** mount(2) of a file system that shows the kernel's own state, as containers have it. Throws SystemCallError. */
export function mountKernelState(type: "proc" | "sysfs", target: string): void {
  mount(type, target, type, noSetId | noDevices | noPrograms, null);
}

/** Shows a directory, with all that is mounted below it, at another place. Throws SystemCallError. */
export function bindDirectory(source: string, target: string): void {
  mount(source, target, null, bind | recursive, null);
}

/** Mounts an overlay; options as overlayfs.rst has them. Throws SystemCallError. */
export function mountOverlay(target: string, options: readonly string[], access: "writable" | "read-only") {
  mount("overlay", target, "overlay", access === "read-only" ? readOnly : 0, options.join(","));
}

/** umount2(2). Throws SystemCallError. */
export function unmount(target: string): void {
  libc ??= load();
  checkResult(`umount of ${target}`, libc.umount2(text(target), 0));
}

/** Tries pivot_root(2) to the working directory, a mount point, for a process that ends then. Throws SystemCallError. */
export function tryPivotRoot(): void {
  libc ??= load();
  checkResult("pivot_root", libc.pivot_root(text("."), text(".")));
}

/** Takes away a mount and all that is mounted below it. Throws SystemCallError. */
export function unmountTree(target: string): void {
  libc ??= load();
  checkResult(`umount of ${target}`, libc.umount2(text(target), detach));
}

/**
 * Makes a mount point the root of this process and its own mount namespace, and lets go of everything else of the file system:
 * afterwards no path leads out of it. Throws SystemCallError.
 */
export function enterRoot(directory: string): void {
  libc ??= load();
  const here = text(".");
  process.chdir(directory);
  // With "." for both, pivot_root(2) leaves the old root on top of the new one.
  if (libc.pivot_root(here, here) === 0) checkResult("umount2", libc.umount2(here, detach));
  else {
    // A container's seccomp filter may let all calls through that mount, but this one.
    if (errorName(lastErrno()) !== "EPERM") checkResult("pivot_root", -1);
    mount(".", "/", null, move, null);
    checkResult("chroot", libc.chroot(here));
  }
  process.chdir("/");
  libc.umask(0);
}

/**
 * Makes a directory, also of another mount namespace, the root of this process alone: no path leads out of it, as long as nobody moves
 * its working directory out. Throws SystemCallError.
 */
export function changeRoot(directory: string): void {
  libc ??= load();
  checkResult("chroot", libc.chroot(text(directory)));
  process.chdir("/");
  libc.umask(0);
}

/** The root of this process before {@link changeRoot}, to come back to. */
export class OuterRoot implements Disposable {
  readonly #fd = openSync("/", constants.O_RDONLY | constants.O_DIRECTORY);

  /** Throws SystemCallError. */
  enter(): void {
    libc ??= load();
    checkResult("fchdir", libc.fchdir(this.#fd));
    checkResult("chroot", libc.chroot(text(".")));
    process.chdir("/");
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
