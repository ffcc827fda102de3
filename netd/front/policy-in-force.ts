import { accountChanges } from "../../policy/policy.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import { messageOf, Refusal } from "../errors.ts";
import {
  emptyGeneration,
  type Generation,
  type GenerationSource,
  loadGeneration,
  withAccountsOfNow,
} from "./generation.ts";

export interface PolicyInForceOptions extends GenerationSource {
  readonly audit: AuditLog;
  readonly log: (line: string) => void;
}

/** The generation in force, and whether it is the newest one. */
export class PolicyInForce {
  generation: Generation = emptyGeneration();
  isCurrent = false;
  /** When the generation in force was loaded, in milliseconds since 1970-01-01 UTC; undefined for none at all. */
  loadedAtMs: number | undefined;
  /** Why the newest configuration is not in force. */
  fault: string | undefined;
  #isRefreshing = false;

  constructor(private readonly options: PolicyInForceOptions) {}

  /** Loads the configuration anew; the last good one stays when it has a fault (C4). */
  async reload(): Promise<void> {
    const { audit, log } = this.options;
    try {
      this.#takeOver(await loadGeneration(this.options));
      this.isCurrent = true;
      this.loadedAtMs = Date.now();
      this.fault = undefined;
      for (const warning of this.generation.warnings) log(`policy: warning: ${warning}`);
      audit.note({ event: "policy", policyHash: this.generation.hash, reason: "loaded" });
    } catch (error) {
      this.isCurrent = false;
      const kept =
        this.generation.hash === "" ? "everything is denied" : "the last good policy stays in force";
      const why = error instanceof Refusal && error.cause ? messageOf(error.cause) : messageOf(error);
      this.fault = why;
      log(`policy: not loaded, ${kept}`);
      // A line each: the log shows a line feed as what it is.
      for (const fault of why.split("\n")) log(`policy: ${fault}`);
      audit.note({ event: "policy", policyHash: this.generation.hash, reason: `not loaded: ${why}` });
    }
  }

  /** Looks the account names up again: who is gone, and whoever has the number now, must not have the rules (C11). */
  async refreshAccounts(): Promise<void> {
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    const before = this.generation;
    try {
      const after = await withAccountsOfNow(before);
      const isStillInForce = this.generation === before;
      if (isStillInForce && accountChanges(before.policy, after.policy).length > 0) this.#takeOver(after);
    } catch (error) {
      this.options.log(`policy: accounts stay as they were looked up before: ${messageOf(error)}`);
    } finally {
      this.#isRefreshing = false;
    }
  }

  #takeOver(generation: Generation): void {
    for (const change of accountChanges(this.generation.policy, generation.policy)) {
      this.options.log(`policy: ${change}`);
      this.options.audit.note({ event: "policy", policyHash: generation.hash, reason: change });
    }
    this.generation = generation;
  }
}
