import { rm } from "node:fs/promises";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import type { IdMappings } from "./id-mappings.ts";
import { runInUserNamespace } from "./run-in-user-namespace.ts";

const removalTimeoutMs = 30 * 60_000;

/**
 * Removes a tree, whatever modes its directories have and whichever of the mapped ids its files belong to. What the
 * user cannot remove is removed by root of a user namespace with these mappings. No link is followed.
 */
export async function removeTree(path: string, mappings: IdMappings): Promise<void> {
  try {
    return await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!hasErrno(error, "EACCES", "EPERM", "ENOTEMPTY")) throw error;
  }
  const remove = ["rm", "-rf", "--one-file-system", "--", path] as const;
  const result = await runInUserNamespace(mappings, remove, { timeoutMs: removalTimeoutMs });
  if (result.exitCode === 0) return;
  const reason = result.stderr.trim().split("\n").at(-1) ?? "";
  throw new CntnrError(
    "engine",
    `${path} cannot be removed: ${reason} (have the sub-ids in /etc/subuid changed since it was made?)`,
  );
}
