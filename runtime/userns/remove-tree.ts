import { lstatSync } from "node:fs";
import { CntnrError } from "../errors/cntnr-error.ts";
import { complaintOf, runCommand } from "../process/run-command.ts";
import type { IdMappings } from "./id-mappings.ts";
import { runInUserNamespace } from "./run-in-user-namespace.ts";

const removalTimeoutMs = 30 * 60_000;

/**
 * Removes a tree, whatever modes its directories have and whichever of the mapped ids its files belong to. What the
 * user cannot remove is removed by root of a user namespace with these mappings. No link is followed.
 */
export async function removeTree(path: string, mappings: IdMappings): Promise<void> {
  if (!lstatSync(path, { throwIfNoEntry: false })) return;
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
