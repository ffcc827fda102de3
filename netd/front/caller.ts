import type { AuditSubject } from "../audit/audit-event.ts";
import type { AttachmentFacts } from "../contract/attachment.ts";
import type { CallerFacts, ConnectionName } from "../contract/worker-calls.ts";

/** Who is at the other end of a connection, as the worker has found out from the kernel. */
export interface Caller extends CallerFacts {
  readonly connection: ConnectionName;
}

/** Who the caller is, for the audit log. */
export function auditSubjectOf({ uid, gid, groups, pid, exe }: CallerFacts): AuditSubject {
  return { uid, gid, groups, pid, ...(exe === undefined ? {} : { exe }) };
}

/** The attachments that are the caller's. Root of a container has its owner's uid, but not what its owner has (P8). */
export function ownAttachments(caller: CallerFacts, all: readonly AttachmentFacts[]): AttachmentFacts[] {
  const isOwn = ({ uid, plan }: AttachmentFacts) => uid === caller.uid && plan.callerDepth >= caller.depth;
  return all.filter(isOwn);
}
