import { chownSync, existsSync, lstatSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../errors.ts";
import type { Account } from "../process/find-account.ts";

/**
 * Makes the audit log's directory if it is missing. It is the front's, which writes the log and goes on in a new file
 * after a rotation; whatever else is in such a directory the worker never opens. Throws when it is somebody else's.
 */
export function prepareAuditDirectory(auditLog: string, { name, uid, gid }: Account): void {
  const directory = dirname(auditLog);
  if (!existsSync(directory)) makeDirectory(auditLog, { name, uid, gid });
  const status = lstatSync(directory);
  if (status.isDirectory() && status.uid === uid) return;
  throw new Error(
    `--audit-log ${auditLog}: its directory must be ${name}'s, who writes it. Name a file in a directory of its own, which is made if it is missing; or give ${name} this one, if nothing else is in it: chown -R ${name}: ${directory}`,
  );
}

function makeDirectory(auditLog: string, { name, uid, gid }: Account): void {
  const directory = dirname(auditLog);
  try {
    mkdirSync(dirname(directory), { recursive: true });
    mkdirSync(directory, { mode: 0o750 });
    chownSync(directory, uid, gid);
  } catch (cause) {
    const make = `install -d -o ${name} -g ${name} -m 750 ${directory}`;
    throw new Error(
      `--audit-log ${auditLog}: its directory cannot be made (${messageOf(cause)}): make it (${make}), or name another file`,
      { cause },
    );
  }
}
