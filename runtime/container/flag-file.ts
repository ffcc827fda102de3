import { readFileSync } from "node:fs";
import { CntnrError, hasErrno, reasonOf } from "../errors/cntnr-error.ts";

/** Reads a text file that the value of a flag names. */
export type ReadFlagFile = (flag: string, path: string) => string;

/** Throws CntnrError that names the flag and the file. */
export const readFlagFile: ReadFlagFile = (flag, path) => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = hasErrno(error, "ENOENT", "ENOTDIR") ? "not-found" : "usage";
    throw new CntnrError(code, `${flag} ${path}: ${reasonOf(error)}`, { cause: error });
  }
};
