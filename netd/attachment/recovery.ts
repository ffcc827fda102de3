import type { AttachmentRecord } from "../journal/record.ts";
import type { Lease } from "../netns/lease.ts";

/** What a start does with one journaled attachment. */
export type RecoveryStep =
  | { readonly kind: "keep"; readonly record: AttachmentRecord; readonly lease: Lease }
  | { readonly kind: "detach"; readonly record: AttachmentRecord; readonly why: string };

/** What can be found out about a record on the machine. */
export interface RecoveryProbe {
  readonly bootId: string;
  isPinned(record: AttachmentRecord): boolean;
  lease(record: AttachmentRecord): Lease | undefined;
}

/** Decides what is kept after a crash or restart: what was done, in this boot, and whose container still lives. */
export function planRecovery(records: readonly AttachmentRecord[], probe: RecoveryProbe): RecoveryStep[] {
  return records.map((record) => {
    const detach = (why: string): RecoveryStep => ({ kind: "detach", record, why });
    if (record.bootId !== probe.bootId) return detach("made in an earlier boot");
    if (record.state !== "attached") return detach(`netd ended while it was ${record.state}`);
    if (!probe.isPinned(record)) return detach("its namespace is gone");
    const lease = probe.lease(record);
    return lease ? { kind: "keep", record, lease } : detach("its container has ended");
  });
}
