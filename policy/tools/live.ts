import { decide } from "../decide.ts";
import { type AttachmentRequest, countPorts, plainRequest } from "../decision/request.ts";
import type { Policy, Subject } from "../policy.ts";

/** An attachment that is there now. */
export interface LiveAttachment {
  readonly id: string;
  /** The user's name, or uid. */
  readonly who: string;
  readonly subject: Subject;
  /** What it was asked for. */
  readonly request: Pick<AttachmentRequest, "network"> & Partial<AttachmentRequest>;
}

/** An attachment that stays as it is (C9), but that the policy would not allow again. */
export interface RefusedNow {
  readonly id: string;
  readonly who: string;
  readonly network: string;
  readonly reason: string;
}

/**
 * Which live attachments a policy would refuse if they were asked for one after the other, oldest first: so of too many
 * it is the newest that are refused.
 */
export function refusedNow(policy: Policy, live: readonly LiveAttachment[]): RefusedNow[] {
  const allowed: LiveAttachment[] = [];
  return live.flatMap((attachment) => {
    const { id, who, subject, request } = attachment;
    const onNetwork = allowed.filter((other) => other.request.network === request.network);
    const own = onNetwork.filter((other) => other.subject.uid === subject.uid);
    const decision = decide(policy, subject, {
      ...plainRequest,
      ...request,
      attachmentsUsed: own.length,
      addressesUsed: own.reduce((sum, other) => sum + addressesOf(other), 0),
      portsUsed: own.reduce((sum, other) => sum + countPorts(other.request.ports ?? []), 0),
      networkAttachmentsUsed: onNetwork.length,
    });
    if (decision.outcome === "deny")
      return [{ id, who, network: request.network, reason: decision.reason.text }];
    allowed.push(attachment);
    return [];
  });
}

function addressesOf({ request }: LiveAttachment): number {
  const { staticIps, addressesPerAttachment } = { ...plainRequest, ...request };
  return Math.max(staticIps.length, addressesPerAttachment);
}
