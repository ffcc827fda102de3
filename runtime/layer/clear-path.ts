import { readdirSync } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";
import { type ByteString, removeEmptyDirectory, unlinkFile } from "../sys/file-calls.ts";
import { joinPath } from "./entry-path.ts";

/**
 * Removes what is at `path`, with all that is in it, and never what a link there points to. Tells of each path that is gone, so
 * that whoever knows something of it can forget that: what this costs is in proportion to what was made before.
 */
export function clearPath(path: ByteString, onRemoved: (path: ByteString) => void): void {
  const pending = [path];
  // What is in a directory is removed first, and then it comes again.
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    const names = tryRemove(current)
      ? []
      : readdirSync(Buffer.from(current, "latin1"), { encoding: "latin1" });
    if (names.length === 0) onRemoved(current);
    else pending.push(current);
    for (const name of names) pending.push(joinPath(current, name));
  }
}

/** False for a directory that is not empty. */
function tryRemove(path: ByteString): boolean {
  try {
    unlinkFile(path);
  } catch (error) {
    if (!hasErrno(error, "EISDIR")) throw error;
    return tryRemoveDirectory(path);
  }
  return true;
}

function tryRemoveDirectory(path: ByteString): boolean {
  try {
    removeEmptyDirectory(path);
    return true;
  } catch (error) {
    if (hasErrno(error, "ENOTEMPTY")) return false;
    throw error;
  }
}
