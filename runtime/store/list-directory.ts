import { readdirSync } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";

/** The names in a directory; none where there is no directory. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return [];
    throw error;
  }
}
