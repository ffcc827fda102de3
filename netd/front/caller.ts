import type { AuditSubject } from "../audit/audit-event.ts";
import type { CallerFacts, ConnectionName } from "../contract/worker-calls.ts";

/** Who is at the other end of a connection, as the worker has found out from the kernel. */
export interface Caller extends CallerFacts {
  readonly connection: ConnectionName;
}

/** Who the caller is, for the audit log. */
export function auditSubjectOf({ uid, gid, groups, pid, exe }: CallerFacts): AuditSubject {
  return { uid, gid, groups, pid, ...(exe === undefined ? {} : { exe }) };
}
