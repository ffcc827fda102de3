import { guardChains, guardSets, source4, source6 } from "./guard-chains.ts";
import {
  byPublishedPort,
  clearLimited,
  hexOf,
  limited,
  passed,
  portToPort,
  setMark,
  setMarkForHost,
} from "./marks.ts";

/** What the map gives is not wanted here, but older kernels take no map for a set. */
const isOwnArp = (address: string) =>
  ["ether saddr", "arp saddr ether"]
    .map((mac) => `meta mark set iif . ${mac} . arp ${address} ip map @source4`)
    .join(" ");

/**
 * What stands at the ports of bridges: who may send what, and to whom. Frames of ports that are not netd's are left
 * alone, unless they are for one of netd's, or for a new one that may become one: its seal is not there yet.
 *
 * Isolation is a number: every port may have one, and talks to the ports that have the same (D5, D7). A mark holds it,
 * with `portToPort`, on the way from one port to another.
 *
 * Most frames go from one container to another, and each rule that they meet on the way is felt. So they take three
 * looks: one into `source4` says that the source is its port's own, and gives its number; one into `peer`, that the frame
 * is for somebody of the same number; one into `member`, that it does come out there. The long way, by the guard and by
 * `between`, is for UDP (servers of addresses, D3), for what of IPv6 has to be read further, for what has a limit, for
 * everybody's frames, and for those whose mark others' rules have changed. A port hears what it sends to its own MAC.
 * What is for nobody of its number gets the mark `passed` already here, which spares it a question in the host's tables.
 *
 * Priorities: br_netfilter, where a bridge calls iptables, runs the whole of the host's prerouting and forward hooks
 * at 0, and netd's own there clear its mark. The guard stands before that; that a frame has `passed` is said again after it.
 */
export const bridgeTable = `table bridge cntnr_netd {
  map source4 { typeof ${source4} : meta mark; }
  map source6 { typeof ${source6} : meta mark; }
  set peer { typeof meta mark . ether daddr; }
  set port { typeof iif; }
  map group { typeof iif : meta mark; }
  map member { typeof oif . meta mark : meta mark; }
  set same_port { typeof iif . oif; }
  set bandwidth_out { typeof iif; size 65535; flags dynamic; }
  set bandwidth_in { typeof oif; size 65535; flags dynamic; }
${guardSets}${guardChains("goto guarded")}
  chain guard_arp {
    arp htype 1 arp ptype ip arp hlen 6 arp plen 4 ${isOwnArp("saddr")} meta mark set 0 accept
    arp saddr ip 0.0.0.0 ${isOwnArp("daddr")} meta mark set 0 accept comment "is my address in use? (RFC 5227)"
    drop
  }

  chain guarded {
    meta mark . ether daddr @peer accept
    meta mark set ${hexOf(passed)} accept
  }

  chain known {
    meta mark . ether daddr @peer accept
    meta mark & ${hexOf(limited)} == 0 meta mark set ${hexOf(passed)} accept
    jump from_limited
    goto guarded
  }

  chain from_limited {
    iif @bandwidth_out drop
    ${clearLimited}
  }

  chain from_source4 {
    meta mark & ${hexOf(limited)} != 0 jump from_limited
    goto guard_ip
  }

  chain from_source6 {
    meta mark & ${hexOf(limited)} != 0 jump from_limited
    goto guard_ip6
  }

  chain from_port {
    iif @bandwidth_out drop
    meta mark set 0
    ether type vmap { ip6 : goto guard_unspecified, arp : goto guard_arp }
    drop comment "sources that are not its own, tags, BPDUs, LLDP, anything else (D1, D4)"
  }

  chain prerouting {
    type filter hook prerouting priority -300; policy accept;
    ether type ip ip protocol != udp meta mark set ${source4} map @source4 goto known
    ether type ip6 ip6 nexthdr tcp meta mark set ${source6} map @source6 goto known
    ether type ip meta mark set ${source4} map @source4 goto from_source4
    ether type ip6 meta mark set ${source6} map @source6 goto from_source6
    iif @port goto from_port
  }

  chain between {
    meta mark & ${hexOf(byPublishedPort)} != 0 accept
    iif . oif @same_port drop comment "hairpin mode is for published ports only"
    meta mark set 0
    meta mark set iif map @group
    meta mark set oif . meta mark map @member accept
    drop
  }

  chain newborn {
  }

  chain forward {
    type filter hook forward priority -200; policy accept;
    meta mark set oif . meta mark map @member accept
    iif @port goto between
    oif @port drop
    goto newborn
  }

  chain input_passed {
    type filter hook input priority 300; policy accept;
    meta mark & ${hexOf(passed)} != 0 accept
    iif @port ${setMarkForHost}
  }

  chain postrouting_passed {
    type filter hook postrouting priority 300; policy accept;
    meta mark & ${hexOf(portToPort + passed)} == ${hexOf(portToPort + passed)} accept
    oif @bandwidth_in drop
    oif @port ${setMark(passed)}
  }
}
`;
