import { parseInterfaceAddress } from "../../policy/address/address.ts";
import { whyNotAssignable } from "../../policy/address/subnets.ts";
import type { PlannedPort } from "../contract/plan.ts";
import type { FilteredAttachment, HostEnd } from "../filter/attachment.ts";
import type { AttachmentRecord } from "../journal/record.ts";
import type { PublishedPort } from "../ports/published-port.ts";
import type { NetworkShape, PluginResult } from "./network-plugins.ts";

const mostAddresses = 16;

/**
 * Makes sure that what plugins gave an attachment can be its own: addresses of the network, none of them the gateway's,
 * the network's or the broadcast address (D6), and what was to be chosen. Pure. Throws Error, for the admin.
 */
export function requireSound(
  { given: { addresses, mac } }: PluginResult,
  { plan }: AttachmentRecord,
  { subnets }: NetworkShape,
): void {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac))
    throw new Error("the plugins made no interface with a MAC address");
  if (plan.mac !== "" && plan.mac !== mac)
    throw new Error(`the plugins gave MAC address ${mac} instead of ${plan.mac}`);
  if (addresses.length > mostAddresses) throw new Error(`the plugins gave ${addresses.length} addresses`);
  const parsed = addresses.map((text) => {
    const address = parseInterfaceAddress(text)?.address;
    if (!address) throw new Error(`the plugins gave ${text}, which no container can have`);
    const reason = subnets === "unknown" ? undefined : whyNotAssignable(address, subnets);
    if (reason !== undefined) throw new Error(`the plugins gave ${text}, which ${reason} (D6)`);
    return address.text;
  });
  const missing = plan.staticIps.find((address) => !parsed.includes(address));
  if (missing !== undefined)
    throw new Error(`the plugins gave ${addresses.join(", ")} instead of ${missing}`);
}

/** What the filter has to know of an attachment. Pure. */
export function filteredAttachment(
  { id, plan }: AttachmentRecord,
  { given }: PluginResult,
  hostEnd: HostEnd,
): FilteredAttachment {
  const unlessZero = (limit: number) => (limit === 0 ? undefined : limit);
  return {
    id,
    network: plan.network,
    hostEnd,
    mac: given.mac,
    addresses: given.addresses,
    isolationGroup: plan.isolationGroup === "" ? undefined : plan.isolationGroup,
    masquerade: plan.masquerade,
    hostAccess: plan.hostAccess,
    egress: plan.egress,
    ports: plan.ports.map(publishedPort),
    connections: unlessZero(plan.connections),
    bandwidthOut: unlessZero(plan.bandwidthOut),
    bandwidthIn: unlessZero(plan.bandwidthIn),
  };
}

export function publishedPort({ hostIp, ...port }: PlannedPort): PublishedPort {
  return { ...port, hostIp: hostIp === "" ? undefined : hostIp };
}
