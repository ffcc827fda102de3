import type { AttachmentRecord } from "../journal/record.ts";

/** Whom and what an event of the audit log is about. */
export function subjectOf({ id, uid, plan }: AttachmentRecord) {
  return { attachment: id, uid, network: plan.network, rule: plan.rule };
}
