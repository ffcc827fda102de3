import type { AuditLog } from "../../netd/audit/audit-log.ts";
import type { AttachmentPlan } from "../../netd/contract/plan.ts";
import type { NetworkFacts } from "../../netd/contract/worker-calls.ts";
import type { AttachIntent } from "../../netd/front/attach-request.ts";
import type { Caller } from "../../netd/front/caller.ts";
import { type Generation, generationOf } from "../../netd/front/generation.ts";
import { KnownAttachments } from "../../netd/front/known-attachments.ts";
import { Requests } from "../../netd/front/requests.ts";
import type { WorkerClient } from "../../netd/front/worker-client.ts";
import { Calls } from "../../netd/worker/calls.ts";
import type { WorkerTable } from "../../netd/worker/table.ts";
import type { Policy } from "../../policy/policy.ts";

export const caller: Caller = {
  uid: 1000,
  gid: 1000,
  groups: [],
  pid: 7,
  depth: 0,
  connection: { fd: 5, cookie: "4711" },
};

/** What a worker would say of the network lab. */
const facts: NetworkFacts = {
  network: "lab",
  conflistHash: "0".repeat(64),
  plugins: ["bridge"],
  subnets: [
    { range: "10.20.0.0/24", gateway: "10.20.0.1" },
    { range: "fd20::/64", gateway: "fd20::1" },
  ],
  addressesEach: 2,
  choices: ["ips", "mac"],
  lowestPort: 1024,
  isFiltered: true,
};

export function generationWith(policy: Policy): Generation {
  return generationOf(policy, [facts]);
}

/** A line of the channel to the worker, and the plan in it. */
export interface AskedAttach {
  readonly plan: AttachmentPlan;
  readonly lineBytes: number;
}

/**
 * Decides an Attach as the front does, and has the worker's own checks of form look at what it is asked: what they say no
 * to would end the front. Undefined for one that is only to be decided. Throws Refusal, and ProtocolViolation for that defect.
 */
export async function askedFor(
  generation: Generation,
  intent: AttachIntent,
): Promise<AskedAttach | undefined> {
  let asked: AskedAttach | undefined;
  const worker = {
    ask: async (ask: string, request: { readonly plan: AttachmentPlan }) => {
      const line = `${JSON.stringify({ call: 1, ask, with: request })}\n`;
      new Calls(answersAll, () => undefined).take(JSON.parse(line));
      if (ask === "attach") asked = { plan: request.plan, lineBytes: Buffer.byteLength(line) };
      return { inode: 1, id: "1", depth: 1, given: { addresses: [] } };
    },
  } as unknown as WorkerClient;
  const audit = { commit: () => undefined, noteLimited: () => "REF", note: () => undefined };
  const requests = new Requests({
    worker,
    known: new KnownAttachments(),
    audit: audit as unknown as AuditLog,
    generation: () => generation,
  });
  if (intent.checkOnly) await requests.check(caller, intent);
  else await requests.attach(caller, intent, new AbortController().signal);
  return asked;
}

const rows = { look: () => ({}), attach: () => ({}), reap: () => ({}), takeBack: () => ({}) };
const answersAll = rows as unknown as WorkerTable;
