import { CntnrError } from "../errors/cntnr-error.ts";
import type { IdMappings } from "./id-mappings.ts";
import { runInUserNamespace } from "./run-in-user-namespace.ts";

const timeoutMs = 30 * 60_000;

/**
 * Gives trees, links themselves and not what they lead to, to ids of a user namespace. What belongs to others than the mapped ids
 * cannot be given. Throws CntnrError `not-permitted`.
 */
export async function changeOwners(
  paths: readonly string[],
  uid: number,
  gid: number,
  mappings: IdMappings,
): Promise<void> {
  const change = ["chown", "-R", "-h", "-P", "--", `${uid}:${gid}`, ...paths] as const;
  const { exitCode, stderr } = await runInUserNamespace(mappings, change, { timeoutMs });
  if (exitCode === 0) return;
  const reason = stderr.trim().split("\n").at(-1) ?? "";
  throw new CntnrError(
    "not-permitted",
    `${paths.join(", ")} cannot be given to user ${uid} of the container: ${reason}`,
  );
}
