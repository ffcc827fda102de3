import { readlinkSync } from "node:fs";
import { posix } from "node:path";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";

const mostLinks = 40; // MAXSYMLINKS of path_resolution(7)

/**
 * What a link at the end of an absolute path leads to, or the path itself. Links on the way are left to the kernel. In a root of one's
 * own realpath(3) would ask /proc, which is not there. Throws CntnrError `not-found` for links in circles.
 */
export function followLinks(path: string): string {
  let real = path;
  for (let count = 0; count < mostLinks; count++) {
    const target = readLink(real);
    if (target === undefined) return real;
    real = posix.resolve(posix.dirname(real), target);
  }
  throw new CntnrError("not-found", `${path}: its links go in circles`);
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (hasErrno(error, "EINVAL", "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
