/**
 * Neighbour discovery (RFC 4861) has no extension headers (RFC 6980), and its messages are as long as they are in
 * Linux: with no option or with one. So the option can be looked at where it is, at byte 24.
 */
const optionType = "@th,192,8";
const optionMac = "@th,208,48";
const targetAddress = "@th,64,128";

/**
 * The allow-list that everything passes which a container sends, whatever root in it does with its interface (D1-D4).
 * Written once for both places where it stands: on a bridge's ports and on routed ends. It needs, in the same table:
 *
 *     source4, source6   host's end . MAC . address that may be the source
 *     hardware           host's end . MAC
 *     target6            host's end . IPv6 address that may be claimed, as a number
 *     option             host's end . MAC, as a number
 *
 * nft(8) of Debian 12 has no names for the fields of neighbour discovery, and raw payload is numbers to it. Each chain
 * ends in drop or accepts what is left after the source was checked: nothing is accepted before that (D2).
 */
export const guardSets = `
  set source4 { typeof iif . ether saddr . ip saddr; }
  set source6 { typeof iif . ether saddr . ip6 saddr; }
  set hardware { typeof iif . ether saddr; }
  set target6 { typeof iif . ${targetAddress}; }
  set option { typeof iif . ${optionMac}; }
`;

export const guardChains = `
  chain guard_ip {
    iif . ether saddr . ip saddr != @source4 drop
    udp sport 67 drop comment "DHCP servers (D3)"
    accept
  }

  chain guard_ip6 {
    ip6 nexthdr icmpv6 icmpv6 type vmap { nd-neighbor-solicit : goto guard_solicit, nd-neighbor-advert : goto guard_advert }
    meta l4proto icmpv6 icmpv6 type { mld-listener-report, mld-listener-done, mld2-listener-report } goto guard_listener
    iif . ether saddr . ip6 saddr != @source6 drop
    meta l4proto icmpv6 goto guard_icmp6
    meta l4proto udp goto guard_udp6
    meta l4proto != { icmpv6, udp } accept comment "not for headers that cannot be read to the end"
    drop
  }

  chain guard_icmp6 {
    frag frag-off != 0 accept comment "not the first fragment: its type was seen in that"
    icmpv6 type { echo-request, echo-reply, destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept
    drop comment "router advertisements, redirects, queries (D3)"
  }

  chain guard_udp6 {
    frag frag-off != 0 accept comment "not the first fragment: its ports were seen in that"
    udp sport != 547 accept comment "DHCPv6 servers (D3)"
    drop
  }

  chain guard_solicit {
    ip6 hoplimit != 255 drop
    iif . ether saddr != @hardware drop
    ip6 saddr :: goto guard_duplicate
    iif . ether saddr . ip6 saddr != @source6 drop
    ip6 length 24 accept
    ip6 length 32 ${optionType} 1 iif . ${optionMac} @option accept
    drop
  }

  chain guard_duplicate {
    iif . ${targetAddress} != @target6 drop
    ip6 length 24 accept
    ip6 length 32 ${optionType} 14 accept comment "nonce (RFC 7527)"
    drop
  }

  chain guard_advert {
    ip6 hoplimit != 255 drop
    iif . ether saddr . ip6 saddr != @source6 drop
    iif . ${targetAddress} != @target6 drop
    ip6 length 24 accept
    ip6 length 32 ${optionType} 2 iif . ${optionMac} @option accept
    drop
  }

  chain guard_listener {
    iif . ether saddr != @hardware drop
    ip6 saddr :: accept
    iif . ether saddr . ip6 saddr @source6 accept
    drop
  }
`;
