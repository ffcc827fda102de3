import { Address4, Address6, AddressError } from "ip-address";

/** A range of addresses of one family. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
  /** Canonical: `10.20.0.64/27`, and `10.20.0.7` for a single address. */
  readonly text: string;
}

/** An address with the prefix of its network, as `ip address` shows it. */
export interface InterfaceAddress {
  readonly address: AddressRange;
  readonly network: AddressRange;
}

/** Nothing that the package might read in a second way: no zone, no dotted part in IPv6, no zero before a prefix. */
const ipv4Form = /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:\/(?:0|[1-9][0-9]?))?$/;
const ipv6Form = /^[0-9a-fA-F:]{2,39}(?:\/(?:0|[1-9][0-9]{0,2}))?$/;
const bits = { 4: 32, 6: 128 } as const;
/** ::ffff:0:0/96: the same host under a second name, which rules for IPv4 would not see. */
const firstMapped = 0xffff_0000_0000n;
const lastMapped = 0xffff_ffff_ffffn;

/** One address, without a prefix; undefined for anything else. */
export function parseAddress(text: string): AddressRange | undefined {
  return text.includes("/") ? undefined : parseInterfaceAddress(text)?.address;
}

/** One address, or a prefix whose host bits are all zero; undefined for anything else. */
export function parseRange(text: string): AddressRange | undefined {
  const parsed = parseInterfaceAddress(text);
  return parsed && parsed.network.first === parsed.address.first ? parsed.network : undefined;
}

/** An address and, after a `/`, the length of its network's prefix; undefined for anything else. */
export function parseInterfaceAddress(text: string): InterfaceAddress | undefined {
  const parsed = read(text);
  if (!parsed) return undefined;
  const family = parsed instanceof Address4 ? 4 : 6;
  const first = parsed.bigInt();
  if (family === 6 && first >= firstMapped && first <= lastMapped) return undefined;
  const hostBits = BigInt(bits[family] - parsed.subnetMask);
  const start = (first >> hostBits) << hostBits;
  const end = start + (1n << hostBits) - 1n;
  const startText = parsed.startAddress().correctForm();
  return {
    address: { family, first, last: first, text: parsed.correctForm() },
    network: {
      family,
      first: start,
      last: end,
      text: hostBits === 0n ? startText : `${startText}/${parsed.subnetMask}`,
    },
  };
}

function read(text: string): Address4 | Address6 | undefined {
  try {
    if (ipv4Form.test(text)) return new Address4(text);
    if (ipv6Form.test(text)) return new Address6(text);
    return undefined;
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}

/** True when every address of `inner` is in `outer`. */
export function contains(outer: AddressRange, inner: AddressRange): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** True when the ranges have an address in common. */
export function overlaps(a: AddressRange, b: AddressRange): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** Length of the prefix that a range is. */
export function prefixLength(range: AddressRange): number {
  return (
    bits[range.family] - ((range.last - range.first).toString(2).length - Number(range.last === range.first))
  );
}
