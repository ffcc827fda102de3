import { type ApprovedPlan, type Decision, decide, grantsOf } from "../../policy/decide.ts";
import { type AttachmentRequest, plainRequest } from "../../policy/decision/request.ts";
import { compilePolicy } from "../../policy/grammar/compile.ts";
import { loadPolicy } from "../../policy/load.ts";
import { emptyPolicy, type Policy } from "../../policy/policy.ts";
import type { CallerFacts, NetworkChoice, NetworkFacts } from "../contract/worker-calls.ts";
import { resolveAccountNames } from "../process/account-names.ts";

/** A network that a subject may use. */
export interface NetworkGrant {
  readonly network: string;
  readonly attachments: number | "unlimited";
  readonly rule: string;
  /** Types of the plugins in the chain. */
  readonly plugins: readonly string[];
}

/** One whole, consistent state of the admin's configuration: policy files and the conflists they name. */
export interface Generation {
  readonly policy: Policy;
  readonly networks: readonly NetworkFacts[];
  /** SHA-256 of the policy's content; empty when there is none. */
  readonly hash: string;
  readonly warnings: readonly string[];
  /** What the request leaves out is as {@link plainRequest} has it. */
  decide(
    caller: CallerFacts,
    request: Pick<AttachmentRequest, "network"> & Partial<AttachmentRequest>,
  ): Decision;
  grantsOf(caller: CallerFacts): NetworkGrant[];
  hasNetwork(name: string): boolean;
  /** What there is to know about the conflist of an approved plan. */
  factsOf(plan: ApprovedPlan): NetworkFacts;
}

export interface GenerationSource {
  readonly policyDir: string;
  /** Has the worker read and test the conflists; throws when one of them is not fit. */
  readonly configure: (networks: readonly NetworkChoice[]) => Promise<readonly NetworkFacts[]>;
}

/** Loads everything or throws; nothing of a generation that has a fault anywhere is used (C4, C6). */
export async function loadGeneration({ policyDir, configure }: GenerationSource): Promise<Generation> {
  const policy = await loadPolicy({ directory: policyDir, resolveNames: resolveAccountNames });
  const choices = [...policy.networks.values()].map(({ name, conflist }) => ({ network: name, conflist }));
  return generationOf(policy, await configure(choices));
}

/** The same configuration with the accounts as they are now (C11); no file is read again. Throws as loading does. */
export async function withAccountsOfNow(generation: Generation): Promise<Generation> {
  const policy = await compilePolicy(generation.policy.sources, resolveAccountNames);
  return generationOf(policy, generation.networks);
}

/** What holds while there is no good configuration (C4, C5): everything is denied, detaching goes on. */
export function emptyGeneration(): Generation {
  return generationOf(emptyPolicy, []);
}

function generationOf(policy: Policy, networks: readonly NetworkFacts[]): Generation {
  const subjectOf = ({ uid, gid, groups }: CallerFacts) => ({ uid, gids: [gid, ...groups] });
  const factsOf = (name: string): NetworkFacts => {
    const facts = networks.find(({ network }) => network === name);
    if (!facts) throw new Error(`generation has no conflist for ${name}`);
    return facts;
  };
  return {
    policy,
    networks,
    hash: policy.hash,
    warnings: policy.warnings,
    hasNetwork: (name) => policy.networks.has(name),
    decide: (caller, request) => decide(policy, subjectOf(caller), { ...plainRequest, ...request }),
    grantsOf: (caller) =>
      grantsOf(policy, subjectOf(caller)).map((grant) => ({
        ...grant,
        plugins: factsOf(grant.network).plugins,
      })),
    factsOf: (plan) => factsOf(plan.network.name),
  };
}
