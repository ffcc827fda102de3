import type { Element, Field } from "../netlink/nftables.ts";
import { familiesOf, isEverywhere, isIpv6, type PublishedPort } from "../ports/published-port.ts";
import { bytesOfAddress, bytesOfMac } from "../sys/address-bytes.ts";
import { type FilteredAttachment, linkLocalAddress, withoutPrefix } from "./attachment.ts";
import { limited, passed, portToPort } from "./marks.ts";

/** What stands in the kernel in place of names: numbers that are unique as long as netd lives. */
export interface Numbers {
  /** From 1; the same for the same name. */
  groupOf(network: string, group: string): number;
  networkOf(network: string): number;
}

/** Chains, with the sets that they use, that all attachments with an equal grant share. They stay until a reset. */
export interface SharedRules {
  /** The same for the same commands. */
  readonly name: string;
  readonly commands: readonly string[];
}

/** Everything of one attachment that is in the kernel's tables. */
export interface AttachmentRules {
  readonly elements: readonly Element[];
  /** What no other attachment may have, besides the keys of its elements. */
  readonly claims: readonly string[];
  /** What some of the elements name. */
  readonly shared: readonly SharedRules[];
  /** Elements that its packets may have made. */
  readonly traces: readonly Element[];
}

/** Decides what one attachment is in the tables. Pure. */
export function rulesOf(attachment: FilteredAttachment, numbers: Numbers): AttachmentRules {
  const egress = sharedEgress(attachment);
  const hostAccess = sharedHostAccess(attachment);
  const connections = sharedLimit(attachment);
  return {
    elements: [
      ...sourceElements(attachment, numbers),
      ...portElements(attachment, numbers),
      ...bandwidthElements(attachment),
      ...addressElements(attachment, numbers),
      ...grantElements(attachment, { egress: egress?.name, hostAccess: hostAccess?.name }),
      ...limitElements(attachment),
      ...publishedElements(attachment),
    ],
    claims: claimsOf(attachment),
    shared: [egress, hostAccess, connections].filter((rules) => rules !== undefined),
    traces: countedElements(attachment),
  };
}

const inet = (set: string, key: readonly Field[], value?: Element["value"]): Element => ({
  family: "inet",
  set,
  key,
  ...(value === undefined ? {} : { value }),
});

/** The bridge finds it by its MAC. */
function claimsOf({ hostEnd, mac }: FilteredAttachment): string[] {
  return hostEnd.kind === "bridge-port" ? [`MAC ${mac} on ${hostEnd.bridge}`] : [];
}

/** In the mark of the bridge's table, the number of its isolation group; undefined when it is alone. */
function groupMark({ network, isolationGroup }: FilteredAttachment, numbers: Numbers): number | undefined {
  return isolationGroup === undefined ? undefined : portToPort + numbers.groupOf(network, isolationGroup);
}

/** The sets of `guard-chains.ts`, in the table whose packets the host's end gives. */
function sourceElements(attachment: FilteredAttachment, numbers: Numbers): Element[] {
  const { mac, addresses, bandwidthOut } = attachment;
  const { kind, index } = attachment.hostEnd;
  const family = kind === "bridge-port" ? "bridge" : "inet";
  const plain = addresses.map(withoutPrefix);
  const ipv4 = plain.filter((address) => !isIpv6(address));
  // Without an address of its own it has no business in IPv6.
  const ipv6 = plain.some(isIpv6) ? [...plain.filter(isIpv6), linkLocalAddress(mac)] : [];
  const link = { link: index };
  const element = (set: string, ...rest: Field[]): Element => ({ family, set, key: [link, ...rest] });
  const limit = rateOf(bandwidthOut) === undefined ? 0 : limited;
  const mark = { mark: (groupMark(attachment, numbers) ?? 0) + limit };
  const source = (set: string, address: string): Element => ({
    ...element(set, { mac }, { address }),
    ...(kind === "bridge-port" ? { value: [mark] } : {}),
  });
  return [
    ...ipv4.map((address) => source("source4", address)),
    ...ipv6.map((address) => source("source6", address)),
    ...ipv6.map((address) => element("target6", { payload: bytesOfAddress(address) })),
    ...(ipv6.length > 0
      ? [element("hardware", { mac }), element("option", { payload: bytesOfMac(mac) })]
      : []),
    ...(kind === "routed"
      ? ipv4.map((address): Element => ({ family: "arp", set: "source4", key: [link, { mac }, { address }] }))
      : []),
  ];
}

function portElements(attachment: FilteredAttachment, numbers: Numbers): Element[] {
  const { hostEnd, mac, bandwidthIn } = attachment;
  const link = { link: hostEnd.index };
  if (hostEnd.kind === "routed")
    return [inet("routed", [link]), { family: "arp", set: "routed", key: [link] }];
  const ports: Element[] = [
    { family: "bridge", set: "port", key: [link] },
    { family: "bridge", set: "same_port", key: [link, link] },
  ];
  const mark = groupMark(attachment, numbers);
  if (mark === undefined) return ports;
  return [
    ...ports,
    { family: "bridge", set: "group", key: [link], value: [{ mark }] },
    {
      family: "bridge",
      set: "member",
      key: [link, { mark }],
      value: [{ mark: mark + (rateOf(bandwidthIn) === undefined ? passed : 0) }],
    },
    { family: "bridge", set: "peer", key: [{ mark }, { mac }] },
  ];
}

/**
 * A packet of a veth pair may be 64 KiB long: TCP's segmentation is left to the last device. The kernel lets a whole second's
 * bytes through at once beside the burst (nft_limit_init of net/netfilter/nft_limit.c), and has no shorter unit.
 */
const smallestBurstBytes = 128 << 10;
const burstSeconds = 0.05;
/** 136 Gbit/s: the kernel counts rate and burst in nanoseconds with 64 bits. No pair of veth gets there. */
const mostBytesPerSecond = 17e9;

/** Bytes per second that limit an attachment; undefined for what limits nothing. */
function rateOf(bitsPerSecond: number | undefined): number | undefined {
  const bytesPerSecond = Math.max(1, Math.floor((bitsPerSecond ?? Number.POSITIVE_INFINITY) / 8));
  return bytesPerSecond > mostBytesPerSecond ? undefined : bytesPerSecond;
}

function bandwidthElements({ hostEnd, bandwidthOut, bandwidthIn }: FilteredAttachment): Element[] {
  const family = hostEnd.kind === "bridge-port" ? "bridge" : "inet";
  const element = (set: string, bitsPerSecond: number | undefined): Element[] => {
    const bytesPerSecond = rateOf(bitsPerSecond);
    if (bytesPerSecond === undefined) return [];
    const burstBytes = Math.max(smallestBurstBytes, Math.floor(bytesPerSecond * burstSeconds));
    return [{ family, set, key: [{ link: hostEnd.index }], limit: { bytesPerSecond, burstBytes } }];
  };
  return [...element("bandwidth_out", bandwidthOut), ...element("bandwidth_in", bandwidthIn)];
}

/** The host's sets come in pairs, one for IPv4 and one for IPv6. */
type EachAddress = (
  elementOf: (address: { readonly address: string }, suffix: "4" | "6") => Element,
) => Element[];

function eachAddressOf({ addresses }: FilteredAttachment): EachAddress {
  return (elementOf) =>
    addresses.map(withoutPrefix).map((address) => elementOf({ address }, isIpv6(address) ? "6" : "4"));
}

function addressElements(attachment: FilteredAttachment, numbers: Numbers): Element[] {
  const { network, isolationGroup, masquerade } = attachment;
  const each = eachAddressOf(attachment);
  const networkMark = { mark: numbers.networkOf(network) };
  const elements = [
    ...each((address, suffix) => inet(`container${suffix}`, [address])),
    ...each((address, suffix) => inet(`own${suffix}`, [address, address])),
    ...each((address, suffix) => inet(`network${suffix}`, [address], [networkMark])),
    ...each((address, suffix) => inet(`in_network${suffix}`, [address, networkMark])),
    ...(masquerade ? each((address, suffix) => inet(`masquerade${suffix}`, [address])) : []),
  ];
  if (isolationGroup === undefined) return elements;
  const group = { mark: numbers.groupOf(network, isolationGroup) };
  return [
    ...elements,
    ...each((address, suffix) => inet(`group${suffix}`, [address], [group])),
    ...each((address, suffix) => inet(`member${suffix}`, [address, group])),
  ];
}

/** Each grant is one element an address: all, or the chain of what is granted. */
function grantElements(
  attachment: FilteredAttachment,
  chains: { readonly egress: string | undefined; readonly hostAccess: string | undefined },
): Element[] {
  const each = eachAddressOf(attachment);
  return (["egress", "hostAccess"] as const).flatMap((grant) => {
    if (attachment[grant] === "none") return [];
    const chain = chains[grant];
    const name = grant === "egress" ? "egress" : "host";
    return each((address, suffix) =>
      chain === undefined
        ? inet(`${name}_any${suffix}`, [address])
        : inet(`${name}${suffix}`, [address], { goto: chain }),
    );
  });
}

/** One chain for each list of networks. The address that counts is the one that the container sent to. */
function sharedEgress({ egress }: FilteredAttachment): SharedRules | undefined {
  if (typeof egress === "string") return undefined;
  const sorted = [...new Set(egress)].sort();
  const name = `egress_${Bun.hash.xxHash64(sorted.join(" ")).toString(16)}`;
  const accept = (match: string, networks: readonly string[]) =>
    networks.length === 0
      ? []
      : [`add rule inet cntnr_netd ${name} ct original ${match} daddr { ${networks.join(", ")} } accept`];
  return {
    name,
    commands: [
      `add chain inet cntnr_netd ${name}`,
      ...accept(
        "ip",
        sorted.filter((network) => !isIpv6(network)),
      ),
      ...accept("ip6", sorted.filter(isIpv6)),
      `add rule inet cntnr_netd ${name} goto refuse`,
    ],
  };
}

/** One chain for each set of ports, with an interval for each range. */
function sharedHostAccess({ hostAccess }: FilteredAttachment): SharedRules | undefined {
  if (typeof hostAccess === "string") return undefined;
  const rules = (["tcp", "udp", "sctp"] as const).flatMap((protocol) => {
    const ranges = joinRanges(hostAccess.filter((range) => range.protocol === protocol));
    const texts = ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
    return texts.length === 0 ? [] : [`${protocol} dport { ${texts.join(", ")} } accept`];
  });
  const name = `host_${Bun.hash.xxHash64(rules.join(" ")).toString(16)}`;
  return {
    name,
    commands: [
      `add chain inet cntnr_netd ${name}`,
      ...[...rules, "goto refuse"].map((rule) => `add rule inet cntnr_netd ${name} ${rule}`),
    ],
  };
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** nft(8) takes no intervals that overlap. */
function joinRanges(ranges: readonly Range[]): Range[] {
  const joined: Range[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = joined.at(-1);
    if (!before || first > before.last + 1) joined.push({ first, last });
    else joined[joined.length - 1] = { first: before.first, last: Math.max(before.last, last) };
  }
  return joined;
}

const limitedSet = (connections: number, suffix: "4" | "6") => `limited_${connections}_${suffix}`;
const countingSet = (connections: number, suffix: "4" | "6") => `connections_${connections}_${suffix}`;

/** For each number of connections the set of whom it limits, and one that counts those of each address (D9). */
function sharedLimit({ connections }: FilteredAttachment): SharedRules | undefined {
  if (connections === undefined) return undefined;
  const limit = (suffix: "4" | "6", match: "ip" | "ip6") => {
    const [limited, counting] = [limitedSet(connections, suffix), countingSet(connections, suffix)];
    const rule = (chain: string, field: string) =>
      `add rule inet cntnr_netd ${chain} ${match} ${field} @${limited} add @${counting} { ${match} ${field} ct count over ${connections} } drop`;
    return [
      `add set inet cntnr_netd ${limited} { typeof ${match} saddr; }`,
      `add set inet cntnr_netd ${counting} { typeof ${match} saddr; size 65535; flags dynamic; }`,
      rule("limit_from", "saddr"),
      rule("limit_to", "daddr"),
    ];
  };
  return { name: `limit_${connections}`, commands: [...limit("4", "ip"), ...limit("6", "ip6")] };
}

function limitElements(attachment: FilteredAttachment): Element[] {
  const { connections } = attachment;
  if (connections === undefined) return [];
  return eachAddressOf(attachment)((address, suffix) => inet(limitedSet(connections, suffix), [address]));
}

function countedElements(attachment: FilteredAttachment): Element[] {
  const { connections } = attachment;
  if (connections === undefined) return [];
  return eachAddressOf(attachment)((address, suffix) => ({
    ...inet(countingSet(connections, suffix), [address]),
    connections,
  }));
}

/** Each port in each family in which it is published: to the first address of that family (R12). */
function publishedElements({ addresses, ports }: FilteredAttachment): Element[] {
  const plain = addresses.map(withoutPrefix);
  return ports.flatMap((port) =>
    familiesOf(port, plain).flatMap((family) => {
      const target = plain.find((address) => isIpv6(address) === (family === "ipv6"));
      return target === undefined ? [] : publishedElement(port, target);
    }),
  );
}

function publishedElement(port: PublishedPort, target: string): Element {
  const { hostIp, hostPort, containerPort, protocol } = port;
  const suffix = isIpv6(target) ? "6" : "4";
  const place = [{ protocol }, { port: hostPort }];
  const value = [{ address: target }, { port: containerPort }];
  return hostIp === undefined || isEverywhere(port)
    ? inet(`published_any${suffix}`, place, value)
    : inet(`published${suffix}`, [{ address: hostIp }, ...place], value);
}
