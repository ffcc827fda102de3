import { examine, type PlanContent } from "../decision/examine.ts";
import type { Finding } from "../decision/finding.ts";
import type { AttachmentRequest } from "../decision/request.ts";
import { rulesFor } from "../decision/statements.ts";
import { dimensions } from "../dimensions.ts";
import type { Policy, Subject } from "../policy.ts";
import { describeIsolation, describeSubject, inColumns, networkValues } from "./describe.ts";

/** What a policy says of one request, and why. */
export interface Explanation {
  readonly isAllowed: boolean;
  readonly findings: readonly Finding[];
  /** For people. */
  readonly lines: readonly string[];
}

/** Explains the decision about a request: every aspect of it with the rule and the line that decided (C10). */
export function explain(
  policy: Policy,
  name: string,
  subject: Subject,
  request: AttachmentRequest,
): Explanation {
  const { findings, content } = examine(policy, subject, request);
  const who = describeSubject(name, subject);
  const rules = rulesFor(policy, subject, request.network);
  const verdict = content
    ? `ALLOWED: ${who} may attach to network ${request.network}`
    : `DENIED: ${who} may not attach to network ${request.network} like this`;
  const lines = [
    verdict,
    ...findings.flatMap(findingLines),
    ...(content ? ["", "The attachment has", ...inColumns(planRows(content))] : []),
    ...(rules.length > 0 ? ["", "Rules for this user on this network"] : []),
    ...rules.map(({ title, place }) => `  ${title} (${place})`),
  ];
  return { isAllowed: content !== undefined, findings, lines };
}

function findingLines({ aspect, verdict, text, by }: Finding): string[] {
  const sign = verdict === "granted" ? "yes" : "NO ";
  return [`  ${sign}  ${aspect}: ${text}`, ...by.map((rule) => `       by ${rule}`)];
}

function planRows({ network, isolation, limits }: PlanContent): string[][] {
  const { bandwidthIn, bandwidthOut, connections } = dimensions;
  const ofNetwork = new Map(networkValues(network));
  return [
    ["talks to", describeIsolation(isolation)],
    ...["host-access", "egress", "masquerade"].map((key) => [key, ofNetwork.get(key) ?? ""]),
    [bandwidthIn.key, bandwidthIn.show(limits.bandwidthIn)],
    [bandwidthOut.key, bandwidthOut.show(limits.bandwidthOut)],
    [connections.key, connections.show(limits.connections)],
  ];
}
