import { parseAddress, parseRange } from "../../policy/address/address.ts";
import type { Subnet } from "../../policy/address/subnets.ts";
import { type Decision, decide, type Grant, grantsOf } from "../../policy/decide.ts";
import { dimensions } from "../../policy/dimensions.ts";
import { compilePolicy } from "../../policy/grammar/compile.ts";
import { loadPolicy } from "../../policy/load.ts";
import { emptyPolicy, type Network, type Policy } from "../../policy/policy.ts";
import type { AttachmentFacts } from "../contract/attachment.ts";
import {
  type CallerFacts,
  mostNetworks,
  type NetworkChoice,
  type NetworkFacts,
} from "../contract/worker-calls.ts";
import { resolveAccountNames } from "../process/account-names.ts";
import type { AttachIntent } from "./attach-request.ts";
import { configurationWarnings } from "./configuration-warnings.ts";
import { keptAddressesOf } from "./kept-addresses.ts";
import { usageOf } from "./usage.ts";

/** What decides an Attach: what is asked, and how deep the namespace is that it is asked for. */
export type Asked = Pick<AttachIntent, "network" | "addresses" | "mac" | "ports"> & {
  readonly namespaceDepth: number;
};

/** A network that a subject may use. */
export interface NetworkGrant extends Grant {
  readonly facts: NetworkFacts;
  readonly section: Network;
}

/** One whole, consistent state of the admin's configuration: policy files and the conflists they name. */
export interface Generation {
  readonly policy: Policy;
  readonly networks: readonly NetworkFacts[];
  /** SHA-256 of the policy's content; empty when there is none. */
  readonly hash: string;
  readonly warnings: readonly string[];
  /** @param attachments all that are charged */
  decide(caller: CallerFacts, asked: Asked, attachments: readonly AttachmentFacts[]): Decision;
  grantsOf(caller: CallerFacts): NetworkGrant[];
  hasNetwork(name: string): boolean;
  /** Whether any rule lets this caller speak from a user namespace of its own (P8). */
  mayBeNested(caller: CallerFacts): boolean;
  /** What there is to know about a network's conflist. */
  factsOf(network: string): NetworkFacts;
  /** Addresses of a network that nobody is given unasked, as prefixes. */
  keptAddressesOf(network: string): readonly string[];
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
  if (choices.length > mostNetworks) throw new Error(`there are more than ${mostNetworks} networks`);
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

/** A policy with what the worker has read of its conflists. */
export function generationOf(policy: Policy, networks: readonly NetworkFacts[]): Generation {
  const byName = new Map(networks.map((facts) => [facts.network, facts]));
  const kept = new Map(networks.map((facts) => [facts.network, keptAddressesOf(policy, facts)]));
  const subjectOf = ({ uid, gid, groups }: CallerFacts) => ({ uid, gids: [gid, ...groups] });
  const factsOf = (name: string): NetworkFacts => {
    const facts = byName.get(name);
    if (!facts) throw new Error(`generation has no conflist for ${name}`);
    return facts;
  };
  return {
    policy,
    networks,
    hash: policy.hash,
    warnings: [...policy.warnings, ...configurationWarnings(policy, networks)],
    hasNetwork: (name) => policy.networks.has(name),
    decide: (caller, { network, addresses, mac, ports, namespaceDepth }, attachments) => {
      // A network that there is not is denied like all others, by the policy.
      const facts = byName.get(network) ?? { network, subnets: "unknown", addressesEach: 1 };
      return decide(policy, subjectOf(caller), {
        network,
        staticIps: addresses,
        mac,
        ports,
        names: false,
        callerDepth: caller.depth,
        namespaceDepth,
        ...usageOf(attachments, caller.uid, facts),
        addressesPerAttachment: facts.addressesEach,
        subnets: subnetsOf(facts),
      });
    },
    grantsOf: (caller) =>
      grantsOf(policy, subjectOf(caller)).flatMap((grant) => {
        const section = policy.networks.get(grant.network);
        return section ? [{ ...grant, section, facts: factsOf(grant.network) }] : [];
      }),
    mayBeNested: (caller) =>
      grantsOf(policy, subjectOf(caller)).some(({ values }) =>
        values.some(
          ({ key, value }) => key === dimensions.nested.key && value === dimensions.nested.show(true),
        ),
      ),
    factsOf,
    keptAddressesOf: (network) => kept.get(network) ?? [],
  };
}

/** The worker has written them in canonical form. */
function subnetsOf({ subnets }: Pick<NetworkFacts, "subnets">): readonly Subnet[] | "unknown" {
  if (subnets === "unknown") return subnets;
  return subnets.flatMap(({ range, gateway }) => {
    const parsed = parseRange(range);
    return parsed ? [{ range: parsed, gateway: parseAddress(gateway) }] : [];
  });
}
