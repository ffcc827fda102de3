import { chmodSync, lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { CntnrError, reasonOf } from "../errors/cntnr-error.ts";
import type { ContainerId } from "./container-id.ts";
import type { ResolvedMount } from "./container-options.ts";
import type { ContainerRecord } from "./container-record.ts";

/** The host's own shared memory, of which a container with `--ipc shareable` has a directory: a mount of its own could not be shown to others. */
const hostMemory = "/dev/shm";
const openMode = 0o1777;

/** Nobody else looks into it; what is mounted is the directory inside, which all users of the container may write. */
export function privateMemory(id: ContainerId): string {
  return join(hostMemory, `cntnr-${id.slice(0, 32)}`);
}

export function sharedMemory(id: ContainerId): string {
  return join(privateMemory(id), "shm");
}

/** /dev/shm of a container that shares it. */
export function sharedMemoryMount(source: string): ResolvedMount {
  const options = ["nosuid", "nodev", "noexec"];
  return { kind: "bind", source, destination: hostMemory, readOnly: false, options };
}

/** Before a start: it does not outlive the boot. Throws CntnrError `unavailable`. */
export function ensureSharedMemory({ id, sharedMemory: path }: ContainerRecord): void {
  if (path !== sharedMemory(id) || isOwn(privateMemory(id))) return;
  try {
    mkdirSync(privateMemory(id), { mode: 0o700 });
    mkdirSync(path);
    chmodSync(path, openMode);
  } catch (error) {
    throw new CntnrError("unavailable", `--ipc shareable: ${path} cannot be made: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function isOwn(directory: string): boolean {
  const status = lstatSync(directory, { throwIfNoEntry: false });
  return status?.isDirectory() === true && status.uid === process.geteuid?.();
}
