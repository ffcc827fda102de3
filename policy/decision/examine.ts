import { sizeOf } from "../dimensions.ts";
import type { Limit, Network, Policy, Rule, Subject } from "../policy.ts";
import { examineMac, examineStaticIps } from "./addresses.ts";
import { denied, type Finding, granted } from "./finding.ts";
import { type IsolationDomain, isolationDomain } from "./isolation.ts";
import { type ApprovedPort, examinePorts } from "./ports.ts";
import { type AttachmentRequest, countPorts } from "./request.ts";
import { effectiveValue, largestOf, nameOf, rulesFor } from "./statements.ts";

/** Limits that are held up while an attachment lives. */
export interface AttachmentLimits {
  /** Bits in a second, towards and from the container. */
  readonly bandwidthIn: Limit;
  readonly bandwidthOut: Limit;
  /** Entries of the connection tracking. */
  readonly connections: Limit;
}

/** What a request comes to, should everything be granted. Plain data. */
export interface PlanContent {
  readonly network: Network;
  readonly isolation: IsolationDomain;
  readonly staticIps: readonly string[];
  readonly mac: string | undefined;
  readonly ports: readonly ApprovedPort[];
  readonly names: boolean;
  readonly limits: AttachmentLimits;
  /** The rule and the line that give the attachment itself. */
  readonly rule: string;
}

/** Everything that there is to say about a request; `content` is there when every finding is `granted`. */
export interface Examination {
  readonly findings: readonly Finding[];
  readonly content: PlanContent | undefined;
}

/**
 * Judges each aspect of a request. What is short for the moment (quotas) comes last, so that the first denial is one
 * that waiting ends only if everything else is granted.
 */
export function examine(policy: Policy, subject: Subject, request: AttachmentRequest): Examination {
  const network = policy.networks.get(request.network);
  if (!network) return refusal(denied("network", "no-such-network", "there is no such network"));
  const rules = rulesFor(policy, subject, network.name);
  const [rule] = rules;
  if (!rule)
    return refusal(denied("network", "no-rule", `no rule is for this user on network ${network.name}`));
  const attachments = largestOf(rules, "attachments");
  if (!attachments)
    return refusal(denied("attachments", "not-granted", "no rule gives attachments", rules.map(sectionOf)));
  if (attachments.value === 0)
    return refusal(denied("attachments", "not-granted", "attachments = 0", [attachments]));

  const staticIps = examineStaticIps(rules, request);
  const mac = examineMac(rules, request.mac);
  const ports = examinePorts(rules, request.ports);
  const isNested = request.callerDepth !== 0 || request.namespaceDepth !== 1;
  const findings = [
    ...(isNested ? [examinePermission(rules, "nested", "nested user namespace")] : []),
    ...(request.names ? [examinePermission(rules, "names", "names")] : []),
    ...mac.findings,
    ...staticIps.findings,
    ...ports.findings,
    examineNetworkTotal(network, request),
    examineAttachments(rules, request),
    examineAddresses(rules, request),
    ...(request.ports.length > 0 ? [examinePublishedPorts(rules, request)] : []),
  ];
  if (findings.some(({ verdict }) => verdict !== "granted")) return { findings, content: undefined };
  const content = {
    network,
    isolation: isolationDomain(network, subject, rules),
    staticIps: staticIps.approved,
    mac: mac.approved,
    ports: ports.approved,
    names: request.names,
    limits: limitsOf(rules),
    rule: nameOf(attachments),
  };
  return { findings, content };
}

function sectionOf(rule: Rule) {
  return { rule, place: rule.place };
}

function refusal(finding: Finding): Examination {
  return { findings: [finding], content: undefined };
}

function examinePermission(rules: readonly Rule[], key: "nested" | "names", aspect: string): Finding {
  const statement = largestOf(rules, key);
  if (statement?.value) return granted(aspect, `${key} = yes`, [statement]);
  return statement
    ? denied(aspect, "not-granted", `${key} = no`, [statement])
    : denied(aspect, "not-granted", `no rule gives ${key} = yes`);
}

function examineNetworkTotal(network: Network, { networkAttachmentsUsed }: AttachmentRequest): Finding {
  const text = `${networkAttachmentsUsed} of ${network.attachments} attachments of all users are in use (${network.place})`;
  return networkAttachmentsUsed < network.attachments
    ? granted("network", text, [])
    : denied("network", "network-full", text);
}

function examineAttachments(rules: readonly Rule[], { attachmentsUsed }: AttachmentRequest): Finding {
  return examineQuota("attachments", attachmentsUsed, 1, largestOf(rules, "attachments"));
}

function examineAddresses(rules: readonly Rule[], request: AttachmentRequest): Finding {
  const { addressesUsed, addressesPerAttachment, staticIps } = request;
  const wanted = Math.max(addressesPerAttachment, staticIps.length);
  return examineQuota("addresses", addressesUsed, wanted, largestOf(rules, "addresses"));
}

function examinePublishedPorts(rules: readonly Rule[], { portsUsed, ports }: AttachmentRequest): Finding {
  return examineQuota("published ports", portsUsed, countPorts(ports), largestOf(rules, "publishedPorts"));
}

function examineQuota(
  aspect: string,
  used: number,
  wanted: number,
  statement: ReturnType<typeof largestOf<"attachments">>,
): Finding {
  if (!statement) return denied(aspect, "not-granted", `no rule gives ${aspect}`);
  const limit = statement.value;
  const text = `${used} of ${limit} ${aspect} are in use${wanted === 1 ? "" : `, ${wanted} more are wanted`}`;
  if (used + wanted <= sizeOf(limit)) return granted(aspect, text, [statement]);
  // What is more than the whole limit no waiting gives.
  return denied(aspect, wanted > sizeOf(limit) ? "not-granted" : "quota-exceeded", text, [statement]);
}

function limitsOf(rules: readonly Rule[]): AttachmentLimits {
  return {
    bandwidthIn: effectiveValue(rules, "bandwidthIn"),
    bandwidthOut: effectiveValue(rules, "bandwidthOut"),
    connections: effectiveValue(rules, "connections"),
  };
}
