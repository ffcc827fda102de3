import { Address4, Address6 } from "ip-address";

/** Transport protocols with ports. */
export type Protocol = "tcp" | "udp" | "sctp";

/** A port of the host that leads to one of a container. */
export interface PublishedPort {
  /** An address of the host's in canonical form; 0.0.0.0 or ::, all of that family but loopback; undefined: all of both. */
  readonly hostIp: string | undefined;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: Protocol;
}

/** Whether an address is of IPv6. */
export function isIpv6(address: string): boolean {
  return address.includes(":");
}

/** Whether a port is published on all addresses of a family. */
export function isEverywhere({ hostIp }: PublishedPort): boolean {
  return hostIp === undefined || hostIp === "0.0.0.0" || hostIp === "::";
}

/** Why nothing can be published on that address of the host, and what to do instead; undefined when it can (R13). */
export function refusalOfHostIp(hostIp: string): string | undefined {
  const instead = "leave the address out, or name one of the host's other addresses";
  if (isIpv6(hostIp)) {
    const address = new Address6(hostIp);
    if (address.isLoopback()) return `ports are not published on loopback (${hostIp}): ${instead}`;
    if (address.isLinkLocal()) return `${hostIp} is an address of one link only: ${instead}`;
    if (address.isMulticast()) return `${hostIp} is no address of a host: ${instead}`;
    return undefined;
  }
  const address = new Address4(hostIp);
  const isIn = (network: string) => address.isInSubnet(new Address4(network));
  if (isIn("127.0.0.0/8")) return `ports are not published on loopback (${hostIp}): ${instead}`;
  if (hostIp === "0.0.0.0") return undefined;
  if (isIn("0.0.0.0/8") || isIn("224.0.0.0/3")) return `${hostIp} is no address of a host: ${instead}`;
  return undefined;
}

/** The families in which a port is published: those of the container's addresses, and of the host's if one is named. */
export function familiesOf(
  { hostIp }: PublishedPort,
  containerAddresses: readonly string[],
): readonly ("ipv4" | "ipv6")[] {
  const families = new Set(containerAddresses.map((address) => (isIpv6(address) ? "ipv6" : "ipv4")));
  const named = hostIp === undefined ? undefined : isIpv6(hostIp) ? "ipv6" : "ipv4";
  return (["ipv4", "ipv6"] as const).filter(
    (family) => families.has(family) && (named === undefined || named === family),
  );
}
