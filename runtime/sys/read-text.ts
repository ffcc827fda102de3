import { readFileSync } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";

/** The text of a file; undefined when it is not there (ENOENT). Every other error is thrown as it is, also that it may not be read. */
export function readIfThere(path: string): string | undefined {
  return readUnless(path, "ENOENT");
}

/**
 * The text of a file; undefined when it is not there (ENOENT) or this user may not read it (EACCES, EPERM): for the host's files, which
 * are somebody else's to make and to protect. Every other error is thrown as it is.
 */
export function readIfPermitted(path: string): string | undefined {
  return readUnless(path, "ENOENT", "EACCES", "EPERM");
}

/**
 * The text of a file below /proc/PID (proc(5)); undefined when the process has gone (ENOENT, ESRCH; EINVAL where it waits to be reaped)
 * or is somebody else's (EACCES, EPERM). Every other error is thrown as it is.
 */
export function readOfProcess(path: string): string | undefined {
  return readUnless(path, "ENOENT", "ESRCH", "EACCES", "EPERM", "EINVAL");
}

function readUnless(path: string, ...names: string[]): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasErrno(error, ...names)) return undefined;
    throw error;
  }
}
