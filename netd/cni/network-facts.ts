import { Address4, Address6 } from "ip-address";
import { type AddressRange, parseAddress, parseRange } from "../../policy/address/address.ts";
import type { Subnet } from "../../policy/address/subnets.ts";
import type { Conflist, Plugin } from "./conflist.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";

/** A configuration of host-local's that leases no addresses, and where. */
export class SubnetError extends Error {
  override readonly name = "SubnetError";
}

/** Where a network's addresses are leased from, as far as its configuration tells. */
export interface Leasing {
  /** `unknown` when only the IPAM plugin knows. */
  readonly subnets: readonly Subnet[] | "unknown";
  /** Addresses that an attachment gets. */
  readonly addressesEach: number;
}

/** Throws SubnetError for ranges that are none, with the place in the conflist. */
export function leasingOf({ plugins, source }: Conflist): Leasing {
  const leasing = plugins.flatMap((plugin, index) =>
    plugin.ipamType === undefined ? [] : [leasingAt(`${source}: at plugins/${index}`, plugin)],
  );
  return {
    subnets: leasing.some(({ subnets }) => subnets === "unknown")
      ? "unknown"
      : leasing.flatMap(({ subnets }) => (subnets === "unknown" ? [] : subnets)),
    addressesEach: leasing.reduce((sum, { addressesEach }) => sum + addressesEach, 0),
  };
}

function leasingAt(place: string, plugin: Plugin): Leasing {
  try {
    return leasingOfPlugin(plugin);
  } catch (error) {
    throw error instanceof SubnetError ? new SubnetError(`${place}: ${error.message}`) : error;
  }
}

function leasingOfPlugin({ ipamType, json: { ipam } }: Plugin): Leasing {
  if (ipamType !== "host-local" || !isObject(ipam)) return { subnets: "unknown", addressesEach: 1 };
  const sets = rangeSetsOf(ipam);
  return { subnets: sets.flat().map(subnetOf), addressesEach: sets.length };
}

/** host-local's README, "ranges" and the older "subnet", which comes first: each set of ranges gives one address. */
export function rangeSetsOf(ipam: JsonObject): (readonly Json[])[] {
  const { subnet, rangeStart, rangeEnd, gateway } = ipam;
  const older: JsonObject = { subnet, rangeStart, rangeEnd, gateway };
  return [...(subnet === undefined ? [] : [[older]]), ...listOf(ipam.ranges).map(listOf)];
}

/** Throws SubnetError for a range that is none. */
export function subnetOf(range: Json): Subnet {
  const { subnet, gateway } = isObject(range) ? range : ({} as JsonObject);
  const parsed = typeof subnet === "string" ? parseRange(subnet) : undefined;
  if (!parsed) throw new SubnetError(`ipam: ${JSON.stringify(subnet)} is no subnet, as 10.20.0.0/24`);
  return { range: parsed, gateway: gatewayOf(parsed, gateway) };
}

/** host-local takes the first address after the network's own when none is named. */
function gatewayOf(subnet: AddressRange, named: Json | undefined): AddressRange {
  const text = named ?? textOf(subnet.family, subnet.first + 1n);
  const parsed = typeof text === "string" ? parseAddress(text) : undefined;
  if (!parsed) throw new SubnetError(`ipam: ${JSON.stringify(named)} is no address of a gateway`);
  return parsed;
}

/** An address in canonical form. */
export function textOf(family: 4 | 6, address: bigint): string {
  return (family === 4 ? Address4.fromBigInt(address) : Address6.fromBigInt(address)).correctForm();
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** Name of the bridge that the attachments become ports of; undefined when there is none. */
export function bridgeOf({ plugins }: Conflist): string | undefined {
  const plugin = plugins.find(({ type }) => type === "bridge");
  if (!plugin) return undefined;
  const { bridge } = plugin.json;
  // The bridge plugin's own default.
  return typeof bridge === "string" && bridge !== "" ? bridge : "cni0";
}

/** Plugins whose interfaces send past the host: nothing of it sees or filters their packets. */
const passingTheHost = ["macvlan", "ipvlan", "vlan", "host-device", "sriov"];

/**
 * Interfaces of the host whose own network the attachments join, so that theirs are meant to be addresses of the same
 * subnets; undefined stands for the one with the default route, which macvlan and ipvlan take when none is named.
 */
export function parentsOf({ plugins }: Conflist): (string | undefined)[] {
  return plugins
    .filter(({ type }) => passingTheHost.includes(type))
    .map(({ json: { master, device } }) => {
      const name = master ?? device;
      return typeof name === "string" && name !== "" ? name : undefined;
    });
}

/** Whether the host sees what attachments send; only the result of ADD knows for sure. */
export function passesTheHost({ plugins }: Conflist): boolean {
  return plugins.some(({ type }) => passingTheHost.includes(type));
}

/** What the chain's plugins let be chosen for an attachment. */
export function choicesOf({ plugins }: Conflist): ("ips" | "mac")[] {
  return (["ips", "mac"] as const).filter((name) =>
    plugins.some(({ capabilities }) => capabilities.has(name)),
  );
}
