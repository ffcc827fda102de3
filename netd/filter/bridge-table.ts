import { guardChains, guardSets } from "./guard-chains.ts";
import { byPublishedPort, hexOf, passed, portToPort, setMark } from "./marks.ts";

/**
 * What stands at the ports of bridges: who may send what, and to whom. Frames of ports that are not netd's are left
 * alone, unless they are for one of netd's.
 *
 * Isolation is a number: every port may have one, and talks to the ports that have the same (D5, D7). Marks hold it
 * only from one rule to the next.
 *
 * Priorities: br_netfilter, where a bridge calls iptables, runs the whole of the host's prerouting and forward hooks
 * at 0. The guard stands before that; the mark is set after it, so that nobody's rules there can lose it.
 */
export const bridgeTable = `table bridge cntnr_netd {
  set port { typeof iif; }
  map group { typeof iif : meta mark; }
  set member { typeof oif . meta mark; }
  set same_port { typeof iif . oif; }
  set bandwidth_out { typeof iif; size 65535; flags dynamic; }
  set bandwidth_in { typeof oif; size 65535; flags dynamic; }
${guardSets}${guardChains}
  chain guard_arp {
    arp htype 1 arp ptype ip arp hlen 6 arp plen 4 iif . ether saddr . arp saddr ip @source4 iif . arp saddr ether . arp saddr ip @source4 accept
    arp saddr ip 0.0.0.0 iif . ether saddr . arp daddr ip @source4 iif . arp saddr ether . arp daddr ip @source4 accept comment "is my address in use? (RFC 5227)"
    drop
  }

  chain from_port {
    iif @bandwidth_out drop
    meta mark set 0
    ether type vmap { ip : goto guard_ip, ip6 : goto guard_ip6, arp : goto guard_arp }
    drop comment "tags, BPDUs, LLDP, anything else (D4)"
  }

  chain prerouting {
    type filter hook prerouting priority -300; policy accept;
    iif @port goto from_port
  }

  chain prerouting_passed {
    type filter hook prerouting priority 300; policy accept;
    iif @port ${setMark(passed)}
  }

  chain between {
    meta mark & ${hexOf(byPublishedPort)} != 0 accept
    iif . oif @same_port drop comment "hairpin mode is for published ports only"
    meta mark set 0
    meta mark set iif map @group
    oif . meta mark @member meta mark set ${hexOf(portToPort)} accept
    drop
  }

  chain forward {
    type filter hook forward priority -200; policy accept;
    iif @port goto between
    oif @port drop
  }

  chain postrouting_passed {
    type filter hook postrouting priority 300; policy accept;
    oif @bandwidth_in drop
    oif @port ${setMark(passed)}
  }
}
`;
