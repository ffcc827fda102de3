import { accessSync, constants, type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import type { DeviceRequest } from "../container/container-options.ts";
import { hasErrno } from "../errors/cntnr-error.ts";

/** Made by the runtime itself, or of a terminal or directory that the container has its own of. */
const ofEveryContainer = new Set(
  "null zero full random urandom tty console ptmx core fd stdin stdout stderr pts shm mqueue".split(" "),
);

/** The host's devices that this user may read and write: what `--privileged` means for somebody who is not root. */
export function usableDevices(directory = "/dev"): DeviceRequest[] {
  return listIfPermitted(directory).flatMap((entry): DeviceRequest[] => {
    const path = join(directory, entry.name);
    if (directory === "/dev" && (ofEveryContainer.has(entry.name) || /^tty/.test(entry.name))) return [];
    if (entry.isDirectory()) return usableDevices(path);
    const isDevice = entry.isCharacterDevice() || entry.isBlockDevice();
    return isDevice && mayUse(path) ? [{ source: path, destination: path, access: "read-write" }] : [];
  });
}

function listIfPermitted(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (hasErrno(error, "EACCES", "ENOENT")) return [];
    throw error;
  }
}

function mayUse(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    // No right to it, or no device behind it.
    return false;
  }
}
