import { parseAddress, parseRange } from "../../policy/address/address.ts";
import { whyNotAssignable } from "../../policy/address/subnets.ts";
import { choicesOf, passesTheHost } from "../cni/network-facts.ts";
import type { AttachmentPlan } from "../contract/plan.ts";
import { Refusal } from "../errors.ts";
import { refusalOfHostIp } from "../ports/published-port.ts";
import type { ConfiguredNetwork } from "./configured-network.ts";

/** What attachments there may be at all, whatever the policy says: a bridge has 1023 ports (D8). */
export const caps = { attachments: 8192, perNetwork: 1000, perUser: 2000 } as const;

/** What is there already, intents included. */
export interface Load {
  readonly attachments: number;
  readonly onNetwork: number;
  readonly ofUser: number;
}

/**
 * Repeats of a plan what does not depend on the policy: that the network can be given what the plan says, within what
 * root's conflist and this machine allow. Pure. Throws Refusal.
 */
export function requireFit(plan: AttachmentPlan, network: ConfiguredNetwork, load: Load): void {
  requireRoom(load);
  requireAddresses(plan, network);
  requirePorts(plan, network);
  for (const prefix of [...(typeof plan.egress === "string" ? [] : plan.egress), ...plan.keptAddresses])
    if (parseRange(prefix)?.text !== prefix) throw unfit("a prefix is not in canonical form");
  if (plan.mac !== "" && !choicesOf(network.conflist).includes("mac"))
    throw new Refusal("invalid", "this network gives no MAC address by choice");
}

function requireRoom({ attachments, onNetwork, ofUser }: Load): void {
  const isFull = attachments >= caps.attachments || onNetwork >= caps.perNetwork || ofUser >= caps.perUser;
  if (isFull) throw new Refusal("exhausted", "this machine has no room for more attachments");
}

function requireAddresses({ staticIps }: AttachmentPlan, { conflist, leasing }: ConfiguredNetwork): void {
  if (staticIps.length > 0 && !choicesOf(conflist).includes("ips"))
    throw new Refusal("invalid", "this network gives no address by choice");
  for (const text of staticIps) {
    const address = parseAddress(text);
    if (address?.text !== text) throw unfit("an address is not in canonical form");
    const reason = leasing.subnets === "unknown" ? undefined : whyNotAssignable(address, leasing.subnets);
    if (reason !== undefined) throw unfit(`the address ${text} ${reason}`);
  }
}

/** R11, R13. That the host has the address, and that nobody else has the port, the reservation finds out. */
function requirePorts({ ports }: AttachmentPlan, { conflist }: ConfiguredNetwork): void {
  if (ports.length > 0 && passesTheHost(conflist))
    throw new Refusal(
      "invalid",
      "nothing can be published on this network: its packets do not pass the host",
    );
  for (const { hostIp, hostPort } of ports) {
    if (hostPort < conflist.bounds.lowestPort)
      throw new Refusal(
        "invalid",
        `ports below ${conflist.bounds.lowestPort} are not published on this network`,
      );
    if (hostIp === "") continue;
    if (parseAddress(hostIp)?.text !== hostIp) throw unfit("an address of the host is not in canonical form");
    const refusal = refusalOfHostIp(hostIp);
    if (refusal !== undefined) throw new Refusal("invalid", refusal);
  }
}

/** No front of ours asks for that. */
function unfit(reason: string): Refusal {
  return new Refusal("denied", "", { cause: new Error(`the plan does not fit: ${reason}`) });
}
