import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { Refusal } from "../errors.ts";
import { findLink } from "../netlink/links.ts";
import { endDuplicateDetection } from "../netlink/new-addresses.ts";
import { pinMac, setPortFlags, setPrograms } from "../netlink/port-settings.ts";
import { textOfMac } from "../sys/address-bytes.ts";
import type { FilteredAttachment, HostEnd } from "./attachment.ts";
import type { RunBatch } from "./commands.ts";
import { bridgeSeal, endSeal } from "./seal.ts";

/**
 * Makes a bridge if there is none (the bridge plugin takes it as it is), and seals it before it has a first port.
 * Returns its index.
 */
export async function settleBridge(bridge: string, runBatch: RunBatch): Promise<number> {
  if (!findLink(bridge))
    await runBatch("ip", `link add name ${bridge} address ${newMac()} type bridge mcast_snooping 0\n`);
  const link = findLink(bridge);
  if (link?.kind !== "bridge") throw new Error(`${bridge} is no bridge`);
  setPrograms(link.index, bridgeSeal);
  distrust(bridge);
  return link.index;
}

/** Given at its making, it stays: otherwise a bridge has the lowest of its ports', and another one with each of them. */
function newMac(): string {
  const [first = 0, ...others] = randomBytes(6);
  // IEEE 802: locally administered, and a station's.
  return textOfMac([(first & 0xfc) | 2, ...others]);
}

/**
 * An attachment with the MAC of its bridge would get what all others send to the host, and take the gateway away from
 * them when it goes (D1). Who has not asked for a MAC can have one of choice as well: root in the namespace may set it
 * before the plugin looks. Throws Refusal.
 */
export function requireNotBridges({ hostEnd, mac }: FilteredAttachment): void {
  if (hostEnd.kind === "bridge-port" && findLink(hostEnd.bridge)?.mac === mac)
    throw new Refusal("conflict", "that MAC address is the host's own on this network");
}

/**
 * Seals the host's end of an attachment. A port learns nothing and floods nothing that it does not have to (D8), takes
 * no part in spanning trees (D4), may send to itself (by a port that it publishes), reaches no other one when it is alone,
 * by the kernel's own means, and is no address of the host's. May be done again. Throws SystemCallError.
 */
export function settleEnd({ hostEnd, mac, isolationGroup }: FilteredAttachment): void {
  setPrograms(hostEnd.index, endSeal);
  if (hostEnd.kind === "routed") {
    distrust(hostEnd.name);
    // Its plugin has given it the gateway's address before.
    endDuplicateDetection(hostEnd.index);
    return;
  }
  setPortFlags(hostEnd.index, {
    learning: false,
    unicastFlood: false,
    bpduGuard: true,
    rootBlock: true,
    hairpin: true,
    isolated: isolationGroup === undefined,
  });
  withoutIpv6(hostEnd.name);
  pinMac(hostEnd.index, mac);
}

/**
 * Addresses are the bridge's, and a port has no use for the ones that the kernel gives it. With them every port is some
 * routes, all of which the kernel looks through whenever a link goes down.
 */
function withoutIpv6(port: string): void {
  const path = `/proc/sys/net/ipv6/conf/${port}/disable_ipv6`;
  if (existsSync(path)) writeFileSync(path, "1");
}

/** The host takes no routes from a network of containers, and gives none away (D3). */
function distrust(name: string): void {
  const settings = {
    "ipv4/conf/accept_redirects": "0",
    // Who sends by way of the host's own address would be judged by that.
    "ipv4/conf/accept_source_route": "0",
    "ipv4/conf/send_redirects": "0",
    "ipv4/conf/secure_redirects": "0",
    "ipv6/conf/accept_ra": "0",
    "ipv6/conf/accept_redirects": "0",
    // Nobody there can have the host's addresses: waiting for an objection is a second without a network.
    "ipv6/conf/accept_dad": "0",
  };
  for (const [setting, value] of Object.entries(settings)) {
    const [family = "", conf = "", key = ""] = setting.split("/");
    const path = `/proc/sys/net/${family}/${conf}/${name}/${key}`;
    // Without IPv6 on the machine there is nothing to distrust.
    if (existsSync(path)) writeFileSync(path, value);
  }
}

/** Whether it is still the interface that it was: names may be used again. */
export function isStillThere({ name, index }: Pick<HostEnd, "name" | "index">): boolean {
  return findLink(name)?.index === index;
}
