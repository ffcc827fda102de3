import type { AuditHealth } from "../audit/audit-log.ts";
import type { WorkerHealth } from "../contract/worker-calls.ts";
import type { ProcessStats } from "../process/process-stats.ts";

/** How the service does, for the administrator. */
export interface ServiceStatus {
  readonly version: string;
  readonly policy: {
    /** False while the newest one could not be loaded. */
    readonly isCurrent: boolean;
    readonly hash: string;
    readonly loadedAtMs: number | undefined;
    readonly fault: string | undefined;
    readonly warnings: readonly string[];
  };
  readonly audit: AuditHealth;
  readonly attachments: { readonly attaching: number; readonly attached: number; readonly detaching: number };
  readonly connections: number;
  readonly front: ProcessStats;
  readonly worker: WorkerHealth;
}

/** What the administrator should do something about; nothing: all is well. */
export function troublesOf(status: ServiceStatus): string[] {
  const { policy, audit, worker, front } = status;
  const descriptors = [front, worker.process].filter(
    ({ openDescriptors, mostDescriptors }) => openDescriptors > mostDescriptors * 0.8,
  );
  return [
    ...(policy.isCurrent ? [] : [`the newest policy is not in force: ${policy.fault ?? ""}`]),
    ...(audit.fault === undefined ? [] : [`the audit log cannot be written: ${audit.fault}`]),
    ...(worker.journalFault === undefined
      ? []
      : [`the journal cannot be written, and nothing is attached: ${worker.journalFault}`]),
    ...(worker.quarantined.length === 0
      ? []
      : [`${worker.quarantined.length} records of the journal cannot be read (cntnr-netd gc --dry-run)`]),
    ...worker.lostPorts.map(
      (port) =>
        `not published any more: ${port}; it is published again within seconds once it is free, or start the container anew`,
    ),
    ...worker.damagedJournals.map((path) => `the journal was damaged and is now ${path}`),
    ...descriptors.map(
      ({ openDescriptors, mostDescriptors }) =>
        `${openDescriptors} of ${mostDescriptors} descriptors are open`,
    ),
  ];
}
