import type { AdminService } from "../admin/routes.ts";
import type { ServiceStatus } from "../admin/status.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import type { AttachmentFacts } from "../contract/attachment.ts";
import type { CollectOrder, ResidueReport } from "../contract/residue-report.ts";
import type { ConnectionName } from "../contract/worker-calls.ts";
import type { NetdMetrics } from "../metrics/netd-metrics.ts";
import { processStats } from "../process/process-stats.ts";
import type { KnownAttachments } from "./known-attachments.ts";
import type { PolicyInForce } from "./policy-in-force.ts";
import type { WorkerClient } from "./worker-client.ts";

/** What the administrator's requests work on. */
export interface AdministrationParts {
  readonly version: string;
  readonly worker: WorkerClient;
  readonly known: KnownAttachments;
  readonly policy: PolicyInForce;
  readonly audit: AuditLog;
  readonly metrics: NetdMetrics;
  readonly openConnections: () => number;
  readonly reload: () => Promise<void>;
}

/** How long the administrator waits for the end of an attachment. */
const detachWaitMs = 30_000;

/** Does what the administrator asks. */
export class Administration implements AdminService {
  constructor(private readonly parts: AdministrationParts) {}

  async status(): Promise<ServiceStatus> {
    const { version, worker, policy, audit, openConnections } = this.parts;
    const { isCurrent, loadedAtMs, fault, generation } = policy;
    const countOf = (state: AttachmentFacts["state"]) =>
      this.attachments().filter((attachment) => attachment.state === state).length;
    return {
      version,
      policy: { isCurrent, hash: generation.hash, loadedAtMs, fault, warnings: generation.warnings },
      audit: audit.health,
      attachments: {
        attaching: countOf("attaching"),
        attached: countOf("attached"),
        detaching: countOf("detaching"),
      },
      connections: openConnections(),
      front: processStats(),
      worker: await worker.ask("health", {}),
    };
  }

  async metrics(): Promise<string> {
    return this.parts.metrics.write(await this.parts.worker.ask("health", {}));
  }

  attachments(): readonly AttachmentFacts[] {
    return this.parts.known.all();
  }

  async detach(connection: ConnectionName, id: string): Promise<boolean> {
    const { worker, known, audit } = this.parts;
    audit.note({ event: "admin", attachment: id, reason: "detach" });
    await worker.ask("endAny", { connection, id });
    await known.waitUntil(() => known.get(id) === undefined, detachWaitMs);
    return known.get(id) === undefined;
  }

  async collect(connection: ConnectionName, order: CollectOrder): Promise<ResidueReport> {
    const { worker, audit } = this.parts;
    const report = await worker.ask("collect", { connection, ...order });
    if (order.fix.length > 0 || order.discardUnreadable)
      audit.note({
        event: "admin",
        reason: "gc",
        residue: [
          ...report.removed.map(({ kind, name }) => `${kind} ${name}`),
          ...report.discarded.map((name) => `unreadable ${name}`),
        ],
      });
    return report;
  }

  async reload(): Promise<{ readonly isCurrent: boolean; readonly fault: string | undefined }> {
    await this.parts.reload();
    const { isCurrent, fault } = this.parts.policy;
    return { isCurrent, fault };
  }
}
