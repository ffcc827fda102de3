import type { Limit, Network, Policy, Rule, Subject } from "./policy.ts";
import { includes } from "./subject.ts";

/** What a caller wants, every value validated before. */
export interface AttachmentRequest {
  readonly network: string;
  /** Slots of the caller's on that network that are charged already: intents count, not completions (Q6). */
  readonly attachmentsUsed: number;
}

const approved = Symbol("approved");

/** What was decided to be done. Only {@link decide} can make one, so nothing else can be executed (R17). */
export interface ApprovedPlan {
  readonly [approved]: true;
  readonly network: Network;
  /** The rule that granted it, for the audit log. */
  readonly rule: string;
}

export interface DenialReason {
  readonly kind: "no-such-network" | "no-rule" | "quota-exceeded";
  /** For the admin's audit log; the caller is not to be told (N3). */
  readonly text: string;
}

export type Decision =
  | { readonly outcome: "allow"; readonly plan: ApprovedPlan }
  | { readonly outcome: "deny"; readonly reason: DenialReason };

/** Decides one request by the policy. Pure; everything that no rule grants is denied. */
export function decide(policy: Policy, subject: Subject, request: AttachmentRequest): Decision {
  const network = policy.networks.get(request.network);
  if (!network) return deny("no-such-network", `there is no network ${request.network}`);
  const deciding = decidingRule(policy, subject, network.name);
  if (!deciding) return deny("no-rule", `no rule grants network ${network.name}`);
  const { rule, limit } = deciding;
  if (limit !== "unlimited" && request.attachmentsUsed >= limit)
    return deny(
      "quota-exceeded",
      `${request.attachmentsUsed} of ${limit} attachments are in use (${nameOf(rule)})`,
    );
  return {
    outcome: "allow",
    plan: Object.freeze({ [approved]: true as const, network, rule: nameOf(rule) }),
  };
}

/** A network that a subject may use. */
export interface Grant {
  readonly network: string;
  readonly attachments: Limit;
  /** The deciding rule, as its user may see it. */
  readonly rule: string;
}

/** Everything that is granted to a subject, by the networks' names. */
export function grantsOf(policy: Policy, subject: Subject): Grant[] {
  return [...policy.networks.keys()].sort().flatMap((network) => {
    const deciding = decidingRule(policy, subject, network);
    return deciding ? [{ network, attachments: deciding.limit, rule: deciding.rule.title }] : [];
  });
}

const specificity = { user: 2, group: 1, everyone: 0 } as const;

/**
 * Limits of several rules never add up (Q8): the most specific subject decides (user, then group, then everyone), and
 * among several groups the largest limit does.
 */
function decidingRule(
  policy: Policy,
  subject: Subject,
  network: string,
): { rule: Rule; limit: Limit } | undefined {
  const candidates = policy.rules
    .filter((rule) => rule.network === network && includes(rule.subject, subject))
    .map((rule) => ({ rule, limit: rule.attachments ?? 0 }));
  const rank = Math.max(...candidates.map(({ rule }) => specificity[rule.subject.kind]));
  return candidates
    .filter(({ rule }) => specificity[rule.subject.kind] === rank)
    .sort((a, b) => sizeOf(b.limit) - sizeOf(a.limit) || (a.rule.place < b.rule.place ? -1 : 1))[0];
}

function sizeOf(limit: Limit): number {
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : limit;
}

function nameOf(rule: Rule): string {
  return `${rule.title} (${rule.place})`;
}

function deny(kind: DenialReason["kind"], text: string): Decision {
  return { outcome: "deny", reason: { kind, text } };
}
