import { examine, type PlanContent } from "./decision/examine.ts";
import type { DenialKind, Finding } from "./decision/finding.ts";
import type { AttachmentRequest } from "./decision/request.ts";
import { largestOf, nameOf, rulesFor, statementsOf } from "./decision/statements.ts";
import { dimensions, ruleKeys } from "./dimensions.ts";
import type { Limit, Policy, Subject } from "./policy.ts";

const approved = Symbol("approved");

/** What was decided to be done. Only {@link decide} can make one, so nothing else can be executed (R17). */
export interface ApprovedPlan extends PlanContent {
  readonly [approved]: true;
  /** What each part of the plan rests on, for the audit log. */
  readonly grants: readonly Pick<Finding, "aspect" | "by">[];
}

export interface DenialReason {
  readonly kind: DenialKind;
  /** For the admin's audit log; the caller is not to be told (N3). */
  readonly text: string;
}

export type Decision =
  | { readonly outcome: "allow"; readonly plan: ApprovedPlan }
  | { readonly outcome: "deny"; readonly reason: DenialReason };

/** Decides one request by the policy. Pure; everything that no rule grants is denied. */
export function decide(policy: Policy, subject: Subject, request: AttachmentRequest): Decision {
  const { findings, content } = examine(policy, subject, request);
  const denial = findings.find(({ verdict }) => verdict !== "granted");
  if (content) {
    const grants = findings.map(({ aspect, by }) => ({ aspect, by }));
    return { outcome: "allow", plan: deepFreeze({ ...content, [approved]: true as const, grants }) };
  }
  if (!denial || denial.verdict === "granted") throw new Error("a request was neither granted nor denied");
  const by = denial.by.length > 0 ? `: ${denial.by.join(", ")}` : "";
  return {
    outcome: "deny",
    reason: { kind: denial.verdict, text: `${denial.aspect}: ${denial.text}${by}` },
  };
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

/** One value that is granted, as it would stand in a policy file. */
export interface GrantedValue {
  readonly key: string;
  readonly value: string;
  readonly by: string;
}

/** A network that a subject may use. */
export interface Grant {
  readonly network: string;
  readonly attachments: Limit;
  /** The rule that gives the attachments, as its user may see it. */
  readonly rule: string;
  /** Everything that rules say, each deciding line for itself. */
  readonly values: readonly GrantedValue[];
}

/** Everything that is granted to a subject, by the networks' names. */
export function grantsOf(policy: Policy, subject: Subject): Grant[] {
  return [...policy.networks.keys()].toSorted().flatMap((network) => {
    const rules = rulesFor(policy, subject, network);
    const attachments = largestOf(rules, "attachments");
    if (!attachments || attachments.value === 0) return [];
    const values = ruleKeys.flatMap((key) => grantedValues(rules, key));
    return [{ network, attachments: attachments.value, rule: attachments.rule.title, values }];
  });
}

/** Keys whose statements of one level hold together; of all others the largest value is the one that counts. */
const listKeys: readonly (keyof typeof dimensions)[] = ["staticIps", "publish"];

function grantedValues<Key extends keyof typeof dimensions>(
  rules: Parameters<typeof statementsOf>[0],
  key: Key,
): GrantedValue[] {
  const largest = largestOf(rules, key);
  const statements = listKeys.includes(key) ? statementsOf(rules, key) : largest ? [largest] : [];
  const dimension = dimensions[key];
  return statements.map((statement) => ({
    key: dimension.key,
    value: dimension.show(statement.value),
    by: nameOf(statement),
  }));
}
