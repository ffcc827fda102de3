import { guardChains, guardSets, source4, source6 } from "./guard-chains.ts";
import { byPublishedPort, clearMarks, hexOf, passed, portToPort, setMark } from "./marks.ts";

interface Family {
  readonly suffix: "4" | "6";
  readonly nfproto: "ipv4" | "ipv6";
  readonly match: "ip" | "ip6";
  /** Never published on: route_localnet stays off (R13), and link-local addresses are ambiguous. */
  readonly unpublished: string;
  readonly multicast: string;
  readonly loopback: string;
  /** Where clouds hand out their machines' credentials (D7). */
  readonly metadata: string;
}

const ipv4: Family = {
  suffix: "4",
  nfproto: "ipv4",
  match: "ip",
  unpublished: "127.0.0.0/8",
  multicast: "224.0.0.0/4",
  loopback: "127.0.0.0/8",
  metadata: "169.254.169.254",
};
const ipv6: Family = {
  suffix: "6",
  nfproto: "ipv6",
  match: "ip6",
  unpublished: "{ ::1, fe80::/10 }",
  multicast: "ff00::/8",
  loopback: "::1",
  metadata: "fd00:ec2::254",
};

/**
 * Connection tracking puts fragments together at -400, whoever has sent each of them: what has come together that way says
 * of whom its last one came (NF_IP_PRI_RAW_BEFORE_DEFRAG of linux/netfilter_ipv4.h).
 */
const beforeDefragmentation = -450;
const isPortToPort = `meta mark & ${hexOf(portToPort)} != 0`;
const hasPassed = `meta mark & ${hexOf(passed)} != 0`;
const both = (text: (family: Family) => string) => [ipv4, ipv6].map(text).join("\n");

const sets = ({ suffix, match }: Family) => `
  set container${suffix} { typeof ${match} saddr; }
  map network${suffix} { typeof ${match} saddr : meta mark; }
  set in_network${suffix} { typeof ${match} daddr . meta mark; }
  set own${suffix} { typeof ${match} saddr . ct original ${match} saddr; }
  map group${suffix} { typeof ${match} saddr : meta mark; }
  set member${suffix} { typeof ${match} daddr . meta mark; }
  set egress_any${suffix} { typeof ${match} saddr; }
  map egress${suffix} { typeof ${match} saddr : verdict; }
  set host_any${suffix} { typeof ${match} saddr; }
  map host${suffix} { typeof ${match} saddr : verdict; }
  set masquerade${suffix} { typeof ${match} saddr; }
  map published${suffix} { typeof ${match} daddr . meta l4proto . th dport : ${match} daddr . th dport; }
  map published_any${suffix} { typeof meta l4proto . th dport : ${match} daddr . th dport; }`;

/**
 * The tables whose packets are the host's own: what containers send it, what it forwards, publishes, masquerades. A map
 * of verdicts is for those of whom few are expected: at every new rule the kernel looks through all of its elements.
 */
export const hostTable = `table inet cntnr_netd {
  set attached { type ifname; }
  set routed { typeof iif; }
  set bandwidth_out { typeof iif; size 65535; flags dynamic; }
  set bandwidth_in { typeof oif; size 65535; flags dynamic; }
  set source4 { typeof ${source4}; }
  set source6 { typeof ${source6}; }
${guardSets}${both(sets)}
${guardChains("accept")}
  chain newborn {
  }

  chain from_routed {
    iif @bandwidth_out drop
    ${source4} @source4 goto guard_ip
    ${source6} @source6 goto guard_ip6
    meta protocol ip6 goto guard_unspecified
    drop
  }

  chain raw {
    type filter hook prerouting priority ${beforeDefragmentation}; policy accept;
    ${isPortToPort} notrack accept comment "where bridges call iptables, half of what that costs"
    ${hasPassed} ${clearMarks} accept comment "from a port: the bridges' table has judged it"
    iifname != @attached goto newborn
    ${clearMarks}
    iif @routed goto from_routed
    goto newborn
  }

  chain limit_from {
  }

  chain limit_to {
  }

  chain publish {
${both(publish)}
  }

  chain publish_from_outside {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local goto publish
  }

  chain publish_from_host {
    type nat hook output priority -100; policy accept;
    fib daddr type local goto publish
  }

  chain tracked {
    type filter hook prerouting priority -90; policy accept;
    ct state new iifname @attached jump limit_from
    ct status dnat iifname @attached goto published_to_container
  }

  chain published_to_container {
${both(({ suffix, match }) => `    ${match} daddr @container${suffix} ${setMark(byPublishedPort)}`)}
  }

  chain refuse {
    meta pkttype != host drop
    ct state invalid drop
    reject with icmpx admin-prohibited
  }

  chain egress {
${both(({ suffix, match }) => `    ${match} saddr @egress_any${suffix} accept`)}
${both(({ suffix, match }) => `    ${match} saddr vmap @egress${suffix}`)}
    goto refuse
  }

  chain about_own {
${both(aboutOwn)}
    goto refuse
  }

  chain between {
    ct direction reply ct state established accept
    ct state related meta l4proto { icmp, icmpv6 } goto about_own
    ct status dnat goto to_published
    meta mark set 0
${both(({ suffix, match }) => `    meta mark set ${match} saddr map @group${suffix}`)}
${both(({ suffix, match }) => `    ${match} daddr . meta mark @member${suffix} meta mark set 0 accept`)}
    goto refuse
  }

  chain from_attached {
    ${clearMarks}
${both(({ match, metadata }) => `    ${match} daddr ${metadata} goto refuse`)}
    oifname @attached goto between
    ct state invalid drop
    ct direction reply ct state established accept
    ct state related meta l4proto { icmp, icmpv6 } goto about_own
    goto egress
  }

  chain to_published {
    ct state new jump limit_to
    iifname @attached goto egress comment "by the address that it was sent to"
    accept
  }

  chain to_attached {
    ct status dnat goto to_published
    ct state { established, related } accept
    drop
  }

  chain forward {
    type filter hook forward priority filter; policy accept;
    ${isPortToPort} iifname @attached accept
    iifname @attached goto from_attached
    oifname @attached goto to_attached
  }

  chain to_host {
    ${clearMarks}
${both(toWholeHost)}
    ct direction reply ct state established accept
    ct state related meta l4proto { icmp, icmpv6 } goto about_own
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
${both(({ match, loopback, metadata }) => `    ${match} daddr { ${loopback}, ${metadata} } drop`)}
${both(({ suffix, match }) => `    ${match} saddr vmap @host${suffix}`)}
    goto refuse
  }

  chain input {
    type filter hook input priority filter; policy accept;
    iifname @attached goto to_host
  }

  chain same_network {
    ${hasPassed} goto same_network_bridged
${both(sameNetwork(0))}
  }

  chain same_network_bridged {
${both(sameNetwork(passed))}
    meta mark set ${hexOf(passed)}
  }

  chain source_address {
    type nat hook postrouting priority srcnat; policy accept;
${both(({ suffix, match }) => `    oifname @attached ct status dnat ${match} saddr @container${suffix} goto same_network`)}
${both(
  ({ suffix, match, multicast }) =>
    `    oifname != @attached ${match} saddr @masquerade${suffix} ${match} daddr != ${multicast} masquerade`,
)}
  }

  chain postrouting_passed {
    type filter hook postrouting priority 300; policy accept;
    ${isPortToPort} accept
    oif @routed goto passed_to_routed
  }

  chain passed_to_routed {
    oif @bandwidth_in drop
    ${setMark(passed)}
  }
}
`;

/**
 * An error is related to the connection of the packet in it, whoever sends it: only of its own ones may a container say
 * anything, or errors would carry whatever it likes to where it may not send (D5, D7).
 */
function aboutOwn({ suffix, match }: Family): string {
  return ["original", "reply"]
    .map((way) => `    ${match} saddr . ct ${way} ${match} saddr @own${suffix} accept`)
    .join("\n");
}

/** First, for it is what most packets are: two comparisons are less than a look into a set of intervals. */
function toWholeHost({ suffix, match, loopback, metadata }: Family): string {
  return `    ${match} daddr != ${loopback} ${match} daddr != ${metadata} ${match} saddr @host_any${suffix} accept`;
}

function publish({ suffix, nfproto, match, unpublished }: Family): string {
  const to = `dnat ${match} to`;
  return `    meta nfproto ${nfproto} ${to} ${match} daddr . meta l4proto . th dport map @published${suffix}
    meta nfproto ${nfproto} ${match} daddr != ${unpublished} ${to} meta l4proto . th dport map @published_any${suffix}`;
}

/**
 * Where bridges call iptables, this mark is the last one that the packet gets, so what has passed keeps it; and what the bridge's
 * table, which may be gone, has not let pass, does not get it here (D10).
 */
function sameNetwork(mark: number) {
  return ({ suffix, match }: Family) =>
    `    meta mark set ${match} saddr map @network${suffix} ${match} daddr . meta mark @in_network${suffix} meta mark set ${hexOf(mark)} masquerade`;
}

/** Neighbours of routed ends: the host asks and answers them itself. */
export const arpTable = `table arp cntnr_netd {
  set routed { typeof iif; }
  set source4 { typeof iif . arp saddr ether . arp saddr ip; }

  chain newborn {
  }

  chain from_routed {
    arp htype 1 arp ptype ip arp hlen 6 arp plen 4 iif . arp saddr ether . arp saddr ip @source4 accept
    drop
  }

  chain input {
    type filter hook input priority filter; policy accept;
    iif @routed goto from_routed
    goto newborn
  }

  chain output_passed {
    type filter hook output priority 300; policy accept;
    oif @routed ${setMark(passed)}
  }
}
`;
