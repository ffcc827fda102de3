import { type ApprovedPlan, type DenialReason, decide } from "../../../../policy/decide.ts";
import type { AttachmentRequest } from "../../../../policy/decision/request.ts";
import type { Subject } from "../../../../policy/policy.ts";
import { alice, labPolicy, request } from "../policies.ts";

/** What a request asks for beside the usual. */
export type Changes = Partial<AttachmentRequest>;

/** What a request comes to that is allowed. */
export async function planFor(
  rules: string,
  changes: Changes = {},
  subject: Subject = alice,
  network = "",
): Promise<ApprovedPlan> {
  const decision = decide(await labPolicy(rules, network), subject, request(changes));
  if (decision.outcome === "deny") throw new Error(decision.reason.text);
  return decision.plan;
}

/** Why a request is denied. */
export async function reasonFor(
  rules: string,
  changes: Changes = {},
  subject: Subject = alice,
  network = "",
): Promise<DenialReason> {
  const decision = decide(await labPolicy(rules, network), subject, request(changes));
  if (decision.outcome === "allow") throw new Error("was allowed");
  return decision.reason;
}

/** A rule for alice with one attachment and these lines. */
export const forAlice = (...lines: string[]) =>
  `[allow user:alice network:lab]\nattachments = 1\n${lines.join("\n")}\n`;
export const port = (hostPort: number, hostIp?: string, protocol: "tcp" | "udp" | "sctp" = "tcp") => ({
  hostIp,
  hostPort,
  containerPort: 80,
  protocol,
});
