import { countPorts } from "../../policy/decision/request.ts";
import type { AttachmentFacts } from "../contract/attachment.ts";
import type { NetworkFacts } from "../contract/worker-calls.ts";

/** What is charged on a network: intents count, not completions, and what is being undone still counts (Q6). */
export interface Usage {
  readonly attachmentsUsed: number;
  readonly addressesUsed: number;
  readonly portsUsed: number;
  /** Of all users together. */
  readonly networkAttachmentsUsed: number;
}

/** Counts what a user, and everybody, has on one network. */
export function usageOf(
  attachments: readonly AttachmentFacts[],
  uid: number,
  { network, addressesEach }: Pick<NetworkFacts, "network" | "addressesEach">,
): Usage {
  const onNetwork = attachments.filter(({ plan }) => plan.network === network);
  const own = onNetwork.filter((attachment) => attachment.uid === uid);
  return {
    attachmentsUsed: own.length,
    addressesUsed: own.reduce((sum, { given }) => sum + (given.addresses.length || addressesEach), 0),
    portsUsed: own.reduce((sum, { plan }) => sum + countPorts(plan.ports), 0),
    networkAttachmentsUsed: onNetwork.length,
  };
}
