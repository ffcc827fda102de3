import { type Stats, statSync } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";

/** What is at a path of the host's; undefined when nothing is. */
export type LookAt = (path: string) => Stats | undefined;

export function lookAtHost(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR", "EACCES")) return undefined;
    throw error;
  }
}
