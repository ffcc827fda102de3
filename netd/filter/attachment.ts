import type { Protocol, PublishedPort } from "../ports/published-port.ts";

/** The host's end of an attachment, as it is on the machine. */
export type HostEnd =
  | {
      readonly kind: "bridge-port";
      /** Name of the bridge. */
      readonly bridge: string;
      readonly name: string;
      readonly index: number;
    }
  /** What it sends goes straight into the host's routing: ptp. */
  | { readonly kind: "routed"; readonly name: string; readonly index: number };

/** Ports of the host itself, both ends included. */
export interface HostPortRange {
  readonly protocol: Protocol;
  readonly first: number;
  readonly last: number;
}

/**
 * Everything that the filter knows of one attachment. Whoever makes it has validated the strings: addresses, networks
 * (CIDR) and MACs in canonical form, names as the kernel has them.
 */
export interface FilteredAttachment {
  readonly id: string;
  readonly network: string;
  readonly hostEnd: HostEnd;
  /** The container's, lower case. */
  readonly mac: string;
  /** The container's, with prefix length. */
  readonly addresses: readonly string[];
  /** Who shares it may be talked to, on the same network only; undefined: nobody (alone). */
  readonly isolationGroup: string | undefined;
  /** Whether what leaves the network gets the host's address. */
  readonly masquerade: boolean;
  /** What of the host itself may be reached, on any of its addresses but loopback. */
  readonly hostAccess: "none" | "all" | readonly HostPortRange[];
  /** What beyond the network and the host may be reached: networks in CIDR notation. */
  readonly egress: "none" | "any" | readonly string[];
  readonly ports: readonly PublishedPort[];
  /**
   * Tracked connections that it may have at a time, in both directions together. TCP connections that have ended do not
   * count: the kernel keeps them for two minutes, and gives them up when it needs room.
   */
  readonly connections: number | undefined;
  /** Bits per second that it may send. */
  readonly bandwidthOut: number | undefined;
  /** Bits per second that it may be sent. */
  readonly bandwidthIn: number | undefined;
}

/** The address of {@link FilteredAttachment.addresses} without its prefix length. */
export function withoutPrefix(address: string): string {
  return address.slice(0, address.indexOf("/"));
}

/** The link-local address that the kernel makes of a MAC (RFC 4291, appendix A: modified EUI-64). */
export function linkLocalAddress(mac: string): string {
  const bytes = mac.split(":").map((byte) => Number.parseInt(byte, 16));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
  const words = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  return `fe80::${words.map((word) => word.toString(16)).join(":")}`;
}
