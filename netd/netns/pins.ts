import { closeSync, constants, mkdirSync, openSync, readdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { NetnsIdentity } from "../contract/attachment.ts";
import { errno, FileDescriptor, mount, mountFlag, SystemCallError, unmountDetached } from "../sys/libc.ts";
import { listMounts } from "../sys/mounts.ts";
import { identityOf, NetnsRefused, requireNetworkNamespace } from "./verify-netns.ts";

/**
 * Namespaces kept alive by a bind mount each in a directory that only root can enter, until their DEL is done (N9).
 * The directory is a file system of its own, shared as ip-netns(8) does it: an unmount then reaches the copies that
 * mount namespaces made meanwhile hold, which would otherwise keep the namespace alive.
 */
export class PinDirectory {
  constructor(readonly path: string) {}

  /** Makes the directory, or takes it over with all its pins after a restart. */
  open(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    if (listMounts().some(({ mountPoint }) => mountPoint === this.path)) return;
    mount(
      "cntnr-netd",
      this.path,
      "tmpfs",
      mountFlag.nosuid | mountFlag.nodev | mountFlag.noexec,
      "mode=0700,size=1m",
    );
    mount("none", this.path, "none", mountFlag.shared, "");
  }

  pathOf(id: string): string {
    return join(this.path, id);
  }

  pin(id: string, netns: FileDescriptor): void {
    const path = this.pathOf(id);
    closeSync(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600));
    mount(netns.path, path, "none", mountFlag.bind, "");
  }

  /** Whether the pin is there and is of this namespace. */
  holds(id: string, expected: NetnsIdentity): boolean {
    try {
      using fd = new FileDescriptor(openSync(this.pathOf(id), constants.O_RDONLY));
      requireNetworkNamespace(fd);
      const found = identityOf(fd);
      return found.inode === expected.inode && found.id === expected.id;
    } catch (error) {
      if (error instanceof NetnsRefused || error instanceof SystemCallError || isMissing(error)) return false;
      throw error;
    }
  }

  /** Takes a pin away; one that is not there, or not mounted any more, is no error. */
  unpin(id: string): void {
    try {
      unmountDetached(this.pathOf(id));
    } catch (error) {
      const notMounted =
        error instanceof SystemCallError && (error.errno === errno.EINVAL || error.errno === errno.ENOENT);
      if (!notMounted) throw error;
    }
    try {
      unlinkSync(this.pathOf(id));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** Names of all pins, mounted or not. */
  list(): string[] {
    return readdirSync(this.path);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
