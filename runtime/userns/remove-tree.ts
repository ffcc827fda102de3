import { lstatSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { complaintOf, runCommand } from "../process/run-command.ts";
import type { IdMappings } from "./id-mappings.ts";
import { runInUserNamespace } from "./run-in-user-namespace.ts";

const removalTimeoutMs = 30 * 60_000;

/**
 * Removes a tree, whatever modes its directories have and whichever of the mapped ids its files belong to. What the
 * user cannot remove is removed by root of a user namespace with these mappings. No link is followed.
 */
export async function removeTree(path: string, mappings: IdMappings): Promise<void> {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (!status || (status.isDirectory() && removeAtOnce(path))) return;
  // Of coreutils: it goes from directory to directory, and not from the root to each file, which takes for ever in deep trees.
  const [command, ...args] = ["rm", "-rf", "--one-file-system", "--", path] as const;
  const limit = { timeoutMs: removalTimeoutMs };
  if ((await runCommand(command, args, limit)).exitCode === 0) return;
  const result = await runInUserNamespace(mappings, [command, ...args], limit);
  if (result.exitCode === 0) return;
  const reason = complaintOf(result);
  throw new CntnrError(
    "engine",
    `${path} cannot be removed: ${reason} (have the sub-ids in /etc/subuid changed since it was made?)`,
  );
}

/** A directory with few things in it, none of which has anything below: most are, and starting a process takes longer. */
const fewEntries = 32;

/** False when that is not what it is; then a part of it may be gone. */
function removeAtOnce(path: string): boolean {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    if (entries.length > fewEntries) return false;
    for (const entry of entries)
      if (entry.isDirectory()) rmdirSync(join(path, entry.name));
      else unlinkSync(join(path, entry.name));
    rmdirSync(path);
    return true;
  } catch (error) {
    // Something is below, is somebody else's, or has gone or come meanwhile.
    if (hasErrno(error, "ENOTEMPTY", "EACCES", "EPERM", "ENOENT", "EBUSY", "ENOTDIR", "EISDIR")) return false;
    throw error;
  }
}
