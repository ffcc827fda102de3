import { join } from "node:path";
import { type ApprovedPlan, type Decision, decide, grantsOf } from "../policy/decide.ts";
import { type AttachmentRequest, plainRequest } from "../policy/decision/request.ts";
import { loadPolicy } from "../policy/load.ts";
import { emptyPolicy, type Policy } from "../policy/policy.ts";
import { readTrustedFile } from "../policy/trusted-file.ts";
import { type Conflist, parseConflist } from "./cni/conflist.ts";
import type { Peer } from "./peer/identify-peer.ts";
import { resolveAccountNames } from "./process/account-names.ts";

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
  /** SHA-256 of the policy's content; empty when there is none. */
  readonly hash: string;
  readonly warnings: readonly string[];
  /** What the request leaves out is as {@link plainRequest} has it. */
  decide(peer: Peer, request: Pick<AttachmentRequest, "network"> & Partial<AttachmentRequest>): Decision;
  grantsOf(peer: Peer): NetworkGrant[];
  /** The conflist of an approved plan, as it is to be journaled. */
  conflistText(plan: ApprovedPlan): string;
}

export interface GenerationSource {
  readonly policyDir: string;
  readonly conflistDir: string;
  /** Throws when a plugin of the conflist is missing or not to be trusted. */
  readonly selfTest: (conflist: Conflist) => Promise<void>;
}

/** Loads everything or throws; nothing of a generation that has a fault anywhere is used (C4, C6). */
export async function loadGeneration(source: GenerationSource): Promise<Generation> {
  const policy = await loadPolicy({ directory: source.policyDir, resolveNames: resolveAccountNames });
  const conflists = new Map<string, Conflist>();
  for (const network of policy.networks.values()) {
    const path = join(source.conflistDir, network.conflist);
    const conflist = parseConflist((await readTrustedFile(path)).toString("utf8"), path);
    await source.selfTest(conflist);
    conflists.set(network.name, conflist);
  }
  return generationOf(policy, conflists);
}

/** What holds while there is no good configuration (C4, C5): everything is denied, detaching goes on. */
export function emptyGeneration(): Generation {
  return generationOf(emptyPolicy, new Map());
}

function generationOf(policy: Policy, conflists: ReadonlyMap<string, Conflist>): Generation {
  const subjectOf = (peer: Peer) => ({ uid: peer.uid, gids: [peer.gid, ...peer.groups] });
  const conflistOf = (network: string): Conflist => {
    const conflist = conflists.get(network);
    if (!conflist) throw new Error(`generation has no conflist for ${network}`);
    return conflist;
  };
  return {
    hash: policy.hash,
    warnings: policy.warnings,
    decide: (peer, request) => decide(policy, subjectOf(peer), { ...plainRequest, ...request }),
    grantsOf: (peer) =>
      grantsOf(policy, subjectOf(peer)).map((grant) => ({
        ...grant,
        plugins: conflistOf(grant.network).plugins.map((plugin) => plugin.type),
      })),
    conflistText: (plan) => conflistOf(plan.network.name).text,
  };
}
