import type { ApprovedPlan } from "../../policy/decide.ts";
import type { IsolationDomain } from "../../policy/decision/isolation.ts";
import type { ApprovedPort } from "../../policy/decision/ports.ts";
import type { Limit } from "../../policy/policy.ts";
import { type AttachmentPlan, type PlannedPort, planLimits } from "../contract/plan.ts";

/** What a plan says beside what the policy has approved. */
export type PlanFacts = Pick<
  AttachmentPlan,
  "conflistHash" | "keptAddresses" | "interface" | "request" | "callerDepth" | "namespaceDepth"
>;

/** What the worker is to do, in its own words. Only what was approved becomes a plan (R17). */
export function planOf(approved: ApprovedPlan, facts: PlanFacts): AttachmentPlan {
  const { network, limits } = approved;
  return {
    ...facts,
    network: network.name,
    rule: approved.rule,
    staticIps: approved.staticIps,
    mac: approved.mac ?? "",
    ports: approved.ports.flatMap(plannedPorts),
    isolationGroup: groupName(approved.isolation),
    masquerade: network.masquerade,
    hostAccess: network.hostAccess,
    egress: network.egress,
    connections: zeroForUnlimited(limits.connections),
    bandwidthOut: zeroForUnlimited(limits.bandwidthOut),
    bandwidthIn: zeroForUnlimited(limits.bandwidthIn),
  };
}

/** Once for all addresses of the host, or for each that is named; 0.0.0.0 and :: name all of their family. */
function plannedPorts({ hostIps, hostPort, containerPort, protocol }: ApprovedPort): PlannedPort[] {
  const isAll = hostIps.includes("0.0.0.0") && hostIps.includes("::");
  const places = isAll ? [""] : hostIps;
  return places.map((hostIp) => ({ hostIp, hostPort, containerPort, protocol }));
}

/**
 * Why an approved plan is more than one attachment can have; undefined: it is not. What the worker's form has no room for
 * must not be asked of it, because that ends the front.
 */
export function excessOf({ ports }: ApprovedPlan): string | undefined {
  const planned = ports.flatMap(plannedPorts).length;
  return planned <= planLimits.ports
    ? undefined
    : `ports: ${planned} in all, on each of the host's addresses that the rules give; one attachment can have ${planLimits.ports}`;
}

function groupName(isolation: IsolationDomain): string {
  switch (isolation.kind) {
    case "alone":
      return "";
    case "user":
      return `user:${isolation.uid}`;
    case "group":
      return `group:${isolation.gid}`;
    case "open":
      return "open";
  }
}

function zeroForUnlimited(limit: Limit): number {
  return limit === "unlimited" ? 0 : limit;
}
