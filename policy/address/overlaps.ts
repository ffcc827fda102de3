import { type AddressRange, overlaps, parseInterfaceAddress, parseRange, prefixLength } from "./address.ts";

/** What the host itself has, as `ip -json address` and `ip -json route` tell. */
export interface HostAddressing {
  readonly addresses: readonly {
    /** With prefix length: `192.0.2.10/24`. */
    readonly address: string;
    readonly device: string;
  }[];
  readonly routes: readonly {
    /** `default`, an address or a prefix. */
    readonly destination: string;
    readonly device: string;
  }[];
}

/** What one network of the policy takes. */
export interface NetworkAddressing {
  readonly network: string;
  readonly subnets: readonly AddressRange[];
  /**
   * The network's own interfaces on the host (its bridge): what they have is the network's own doing. While they are unknown, what
   * the host has says nothing.
   */
  readonly devices: readonly string[] | "unknown";
}

/** A subnet that must not be used, and why. */
export interface Overlap {
  readonly network: string;
  readonly subnet: string;
  readonly reason: string;
}

/**
 * Addresses that no network of containers may have: there they would answer for the host itself, for cloud metadata
 * (169.254.169.254), or for nobody in particular.
 */
const special = (
  [
    ["0.0.0.0/8", "this host (RFC 1122)"],
    ["127.0.0.0/8", "the loopback interface"],
    ["169.254.0.0/16", "link-local addresses, cloud metadata among them"],
    ["224.0.0.0/3", "multicast and reserved addresses"],
    ["::/127", "the unspecified and the loopback address"],
    ["fe80::/10", "link-local addresses"],
    ["ff00::/8", "multicast addresses"],
  ] as const
).flatMap(([text, meaning]) => {
  const range = parseRange(text);
  return range ? [{ range, meaning }] : [];
});

/** A route this wide or wider is a default route, or the halves of one that VPNs set: it says nothing about a place. */
const widestPlace = 2;

/**
 * The subnets that would take the host's own addresses and routes, or another network's, away from it (D6): a user
 * with such an address would be whom the host takes for its neighbour. Empty when all is well.
 */
export function refusedOverlaps(networks: readonly NetworkAddressing[], host: HostAddressing): Overlap[] {
  const taken = placesOf(host);
  return networks.flatMap(({ network, subnets, devices }, index) =>
    subnets.flatMap((subnet) => {
      const reasons = [
        ...special.filter(({ range }) => overlaps(range, subnet)).map(({ meaning }) => meaning),
        ...taken
          .filter(
            ({ range, device }) =>
              devices !== "unknown" && !devices.includes(device) && overlaps(range, subnet),
          )
          .map(({ what }) => what),
        ...networks
          .slice(0, index)
          .filter((other) => other.subnets.some((range) => overlaps(range, subnet)))
          .map((other) => `network ${other.network}`),
      ];
      return reasons.map((reason) => ({
        network,
        subnet: subnet.text,
        reason: `${subnet.text} overlaps ${reason}`,
      }));
    }),
  );
}

interface Place {
  readonly range: AddressRange;
  readonly device: string;
  readonly what: string;
}

function placesOf(host: HostAddressing): Place[] {
  const addresses = host.addresses.flatMap(({ address, device }) => {
    const range = parseInterfaceAddress(address)?.network;
    return range ? [{ range, device, what: `the host's address ${address} (${device})` }] : [];
  });
  const routes = host.routes.flatMap(({ destination, device }) => {
    const range = parseRange(destination);
    return range && prefixLength(range) >= widestPlace
      ? [{ range, device, what: `the host's route to ${destination} (${device})` }]
      : [];
  });
  return [...addresses, ...routes];
}
