import { existsSync, writeFileSync } from "node:fs";
import { findLink } from "../netlink/links.ts";
import type { FilteredAttachment, HostEnd } from "./attachment.ts";
import type { RunBatch } from "./commands.ts";
import { bridgeSeal, endSeal, portBatch } from "./seal.ts";

/**
 * Makes a bridge if there is none (the bridge plugin takes it as it is), and seals it before it has a first port.
 * Returns its index.
 */
export async function settleBridge(bridge: string, runBatch: RunBatch): Promise<number> {
  if (!findLink(bridge)) await runBatch("ip", `link add name ${bridge} type bridge mcast_snooping 0\n`);
  await runBatch("tc", bridgeSeal(bridge));
  distrust(bridge);
  const link = findLink(bridge);
  if (link?.kind !== "bridge") throw new Error(`${bridge} is no bridge`);
  return link.index;
}

/** Seals the host's ends of attachments and sets up their ports, by one child each of tc and bridge. May be done again. */
export async function settleEnds(
  attachments: readonly FilteredAttachment[],
  runBatch: RunBatch,
): Promise<void> {
  if (attachments.length === 0) return;
  const ports = attachments.filter(({ hostEnd }) => hostEnd.kind === "bridge-port");
  for (const { hostEnd } of attachments) if (hostEnd.kind === "routed") distrust(hostEnd.name);
  await Promise.all([
    runBatch("tc", attachments.map(({ hostEnd }) => endSeal(hostEnd.name)).join("")),
    ports.length === 0 ? undefined : runBatch("bridge", ports.map(portBatchOf).join("")),
  ]);
}

function portBatchOf({ hostEnd, mac, isolationGroup }: FilteredAttachment): string {
  return portBatch(hostEnd.name, mac, isolationGroup === undefined ? "isolated" : "by-group");
}

/** The host takes no routes from a network of containers, and gives none away (D3). */
function distrust(name: string): void {
  const settings = {
    "ipv4/conf/accept_redirects": "0",
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
