import { type AddressRange, contains } from "./address.ts";

/** A range that a network leases addresses from. */
export interface Subnet {
  readonly range: AddressRange;
  /** The address that the host has on it. */
  readonly gateway: AddressRange | undefined;
}

/**
 * Why an address cannot be given to a container on these subnets; undefined when it can. The gateway's, the network's
 * and the broadcast address never can (D6).
 */
export function whyNotAssignable(address: AddressRange, subnets: readonly Subnet[]): string | undefined {
  const subnet = subnets.find(({ range }) => contains(range, address));
  if (!subnet) return "is not an address of the network";
  const { range, gateway } = subnet;
  if (gateway?.first === address.first && gateway.family === address.family)
    return "is the gateway's address";
  // RFC 3021: a subnet of two addresses (and one of a single address) has neither of the two.
  const hasReserved = range.last - range.first > 1n;
  // RFC 4291, 2.6.1: in IPv6 the first address is every router's.
  if (hasReserved && address.first === range.first) return "is the network's own address";
  if (hasReserved && range.family === 4 && address.first === range.last) return "is the broadcast address";
  return undefined;
}
