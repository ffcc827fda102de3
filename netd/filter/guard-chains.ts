/**
 * Neighbour discovery (RFC 4861) has no extension headers (RFC 6980), and its messages are as long as they are in
 * Linux: with no option or with one. So the option can be looked at where it is, at byte 24.
 */
const optionType = "@th,192,8";
const optionMac = "@th,208,48";
const targetAddress = "@th,64,128";
const listenerReports = "mld-listener-report, mld-listener-done, mld2-listener-report";

/**
 * What {@link guardChains} need in the same table:
 *
 *     hardware           host's end . MAC
 *     target6            host's end . IPv6 address that may be claimed, as a number
 *     option             host's end . MAC, as a number
 *
 * nft(8) of Debian 12 has no names for the fields of neighbour discovery, and raw payload is numbers to it.
 */
export const guardSets = `
  set hardware { typeof iif . ether saddr; }
  set target6 { typeof iif . ${targetAddress}; }
  set option { typeof iif . ${optionMac}; }
`;

/** Keys by which both tables know a source: the host's end, and the MAC and the address that may be seen there. */
export const source4 = "iif . ether saddr . ip saddr";
export const source6 = "iif . ether saddr . ip6 saddr";

/**
 * The allow-list that everything passes which a container sends, whatever root in it does with its interface (D1-D4).
 * Written once for both places where it stands: on a bridge's ports and on routed ends. `guard_ip` and `guard_ip6` are
 * for packets whose source is known to be theirs, `guard_unspecified` is for the other ones of IPv6, of which only those
 * pass that have no address yet. Each chain ends in drop or passes what is left: nothing is before the source (D2).
 * @param pass the verdict for what passes
 */
export const guardChains = (pass: string) => `
  chain guard_ip {
    ip protocol != udp ${pass}
    udp sport != 67 ${pass} comment "DHCP servers (D3)"
    ip frag-off & 0x1fff != 0 ${pass} comment "not the first fragment: its ports were seen in that"
    drop comment "also headers that cannot be read: not every client minds what is wrong with them"
  }

  chain guard_ip6 {
    meta l4proto icmpv6 goto guard_icmp6
    meta l4proto udp goto guard_udp6
    meta l4proto != udp ${pass} comment "not for headers that cannot be read to the end"
    drop
  }

  chain guard_icmp6 {
    frag frag-off != 0 ${pass} comment "not the first fragment: its type was seen in that"
    ip6 nexthdr icmpv6 icmpv6 type vmap { nd-neighbor-solicit : goto guard_solicit, nd-neighbor-advert : goto guard_advert }
    icmpv6 type { echo-request, echo-reply, destination-unreachable, packet-too-big, time-exceeded, parameter-problem } ${pass}
    icmpv6 type { ${listenerReports} } ${pass}
    drop comment "router advertisements, redirects, queries (D3)"
  }

  chain guard_udp6 {
    frag frag-off != 0 ${pass} comment "not the first fragment: its ports were seen in that"
    udp sport != 547 ${pass} comment "DHCPv6 servers (D3)"
    drop
  }

  chain guard_solicit {
    ip6 hoplimit != 255 drop
    ip6 length 24 ${pass}
    ip6 length 32 ${optionType} 1 iif . ${optionMac} @option ${pass}
    drop
  }

  chain guard_advert {
    ip6 hoplimit != 255 drop
    iif . ${targetAddress} != @target6 drop
    ip6 length 24 ${pass}
    ip6 length 32 ${optionType} 2 iif . ${optionMac} @option ${pass}
    drop
  }

  chain guard_unspecified {
    ip6 saddr != :: drop
    iif . ether saddr != @hardware drop
    ip6 nexthdr icmpv6 icmpv6 type nd-neighbor-solicit goto guard_duplicate
    meta l4proto icmpv6 icmpv6 type { ${listenerReports} } ${pass}
    drop
  }

  chain guard_duplicate {
    ip6 hoplimit != 255 drop
    iif . ${targetAddress} != @target6 drop
    ip6 length 24 ${pass}
    ip6 length 32 ${optionType} 14 ${pass} comment "nonce (RFC 7527)"
    drop
  }
`;
