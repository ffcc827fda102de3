import { createHash } from "node:crypto";
import {
  type HostAddressing,
  type NetworkAddressing,
  refusedOverlaps,
} from "../../policy/address/overlaps.ts";
import { type Conflist, ConflistError, parseConflist } from "../cni/conflist.ts";
import {
  bridgeOf,
  choicesOf,
  type Leasing,
  leasingOf,
  parentsOf,
  passesTheHost,
} from "../cni/network-facts.ts";
import type { NetworkFacts } from "../contract/worker-calls.ts";

/** A network of the policy with its conflist, as far as that alone tells. */
export interface ConfiguredNetwork {
  readonly conflist: Conflist;
  readonly hash: string;
  readonly leasing: Leasing;
  /** The bridge that attachments become ports of; undefined when there is none. */
  readonly bridge: string | undefined;
}

/** Throws ConflistError and SubnetError for a conflist that no network can have. */
export function configureNetwork(text: string, path: string): ConfiguredNetwork {
  const conflist = parseConflist(text, path);
  if (passesTheHost(conflist) && !conflist.bounds.isUnfilteredAccepted)
    throw new ConflistError(
      `${path}: what its attachments send does not pass the host, so nothing of it can be filtered, isolated or limited: ` +
        'write "cntnr": {"acceptUnfiltered": true} beside "name" if that is what you want',
    );
  return {
    conflist,
    hash: createHash("sha256").update(conflist.text).digest("hex"),
    leasing: leasingOf(conflist),
    bridge: bridgeOf(conflist),
  };
}

/**
 * What networks take from each other or from the host. A line each; empty when all is well.
 * @param devicesOf interfaces of the host that attachments of a network have; `unknown` where nobody can tell
 */
export function clashes(
  networks: ReadonlyMap<string, ConfiguredNetwork>,
  host: HostAddressing,
  devicesOf: (network: string) => readonly string[] | "unknown",
): string[] {
  return [...sharedBridges(networks), ...foreignAddresses(networks, host, devicesOf)];
}

/**
 * Networks that would share one bridge: its 1023 ports are for one network's attachments (D8), and the plugin gives it one
 * network's gateway only, or with `forceAddress` takes away the other's. Their filters do keep them apart.
 */
function sharedBridges(networks: ReadonlyMap<string, ConfiguredNetwork>): string[] {
  const owners = new Map<string, string>();
  return [...networks].flatMap(([network, { bridge }]) => {
    if (bridge === undefined) return [];
    const owner = owners.get(bridge);
    if (owner === undefined) owners.set(bridge, network);
    return owner === undefined
      ? []
      : [`network ${network}: its bridge ${bridge} is network ${owner}'s: give it one of its own (D8)`];
  });
}

/**
 * Networks of addresses that are the host's own, that it has a route to, or that another network has: they would take them
 * away from it (D6).
 */
function foreignAddresses(
  networks: ReadonlyMap<string, ConfiguredNetwork>,
  host: HostAddressing,
  devicesOf: (network: string) => readonly string[] | "unknown",
): string[] {
  const onDefaultRoute = host.routes.filter(({ destination }) => destination === "default");
  const addressing = [...networks].map(([network, { conflist, leasing, bridge }]): NetworkAddressing => {
    const parents = parentsOf(conflist).flatMap((name) =>
      name === undefined ? onDefaultRoute.map(({ device }) => device) : [name],
    );
    const lasting = [...(bridge === undefined ? [] : [bridge]), ...parents];
    const attached = devicesOf(network);
    return {
      network,
      subnets: leasing.subnets === "unknown" ? [] : leasing.subnets.map(({ range }) => range),
      // Only where nothing lasting has the routes do attachments' own links have them.
      devices: attached !== "unknown" ? [...lasting, ...attached] : lasting.length > 0 ? lasting : "unknown",
    };
  });
  return refusedOverlaps(addressing, host).map(({ network, reason }) => `network ${network}: ${reason} (D6)`);
}

export function factsOf(network: string, { conflist, hash, leasing }: ConfiguredNetwork): NetworkFacts {
  const { subnets, addressesEach } = leasing;
  return {
    network,
    conflistHash: hash,
    plugins: conflist.plugins.map(({ type }) => type),
    subnets:
      subnets === "unknown"
        ? subnets
        : subnets.map(({ range, gateway }) => ({ range: range.text, gateway: gateway?.text ?? "" })),
    addressesEach,
    choices: choicesOf(conflist),
    lowestPort: conflist.bounds.lowestPort,
    isFiltered: !passesTheHost(conflist),
  };
}
