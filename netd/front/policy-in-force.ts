import type { AuditLog } from "../audit/audit-log.ts";
import { messageOf, Refusal } from "../errors.ts";
import { emptyGeneration, type Generation, type GenerationSource, loadGeneration } from "./generation.ts";

export interface PolicyInForceOptions extends GenerationSource {
  readonly audit: AuditLog;
  readonly log: (line: string) => void;
}

/** The generation in force, and whether it is the newest one. */
export class PolicyInForce {
  generation: Generation = emptyGeneration();
  isCurrent = false;

  constructor(private readonly options: PolicyInForceOptions) {}

  /** Loads the configuration anew; the last good one stays when it has a fault (C4). */
  async reload(): Promise<void> {
    const { audit, log } = this.options;
    try {
      this.generation = await loadGeneration(this.options);
      this.isCurrent = true;
      for (const warning of this.generation.warnings) log(`policy: warning: ${warning}`);
      audit.note({ event: "policy", policyHash: this.generation.hash, reason: "loaded" });
    } catch (error) {
      this.isCurrent = false;
      const kept =
        this.generation.hash === "" ? "everything is denied" : "the last good policy stays in force";
      const why = error instanceof Refusal && error.cause ? messageOf(error.cause) : messageOf(error);
      log(`policy: not loaded, ${kept}:\n${why}`);
      audit.note({ event: "policy", policyHash: this.generation.hash, reason: `not loaded: ${why}` });
    }
  }
}
