import { mkdirSync } from "node:fs";
import { setSameHostname } from "../sys/host-name.ts";
import { joinNewSessionKeyring } from "../sys/keyring.ts";
import { mountKernelState, mountTmpfs, tryPivotRoot } from "../sys/mount.ts";
import { SystemCallError } from "../sys/system-call.ts";
import type { Probe } from "./probe-result.ts";

/**
 * The whole life of `cntnr internal-probe`: root of a user namespace with namespaces of its own for mounts, processes, names and the
 * network, as a container's first process. Tries what a runtime will do.
 * @param scratch a directory that it may mount on
 */
export function probeSurroundings(scratch: string): Probe {
  mountTmpfs(scratch);
  process.chdir(scratch);
  for (const name of ["proc", "sys"]) mkdirSync(name);
  return {
    proc: attempt(() => mountKernelState("proc", "proc")),
    sysfs: attempt(() => mountKernelState("sysfs", "sys")),
    keyring: attempt(joinNewSessionKeyring),
    hostname: attempt(setSameHostname),
    pivotRoot: attempt(tryPivotRoot),
  };
}

function attempt(step: () => void): string | null {
  try {
    step();
    return null;
  } catch (error) {
    if (error instanceof SystemCallError) return error.code;
    throw error;
  }
}
