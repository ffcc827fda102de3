import { familiesOf, isIpv6, type PublishedPort } from "../ports/published-port.ts";
import { bytesOfAddress } from "../sys/address-bytes.ts";
import { type FilteredAttachment, linkLocalAddress, withoutPrefix } from "./attachment.ts";
import { passed } from "./marks.ts";

/** The families in which netd has a table; all have the same name. */
export type TableFamily = "bridge" | "inet" | "arp";

/** One element of a set or map, in nft(8)'s words. */
export interface Element {
  readonly family: TableFamily;
  readonly set: string;
  /** "12 . 02:00:00:00:00:05", and for a map " : " and its value. */
  readonly text: string;
}

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
  /** What some of the elements name. */
  readonly shared: readonly SharedRules[];
  /** Elements that its packets may have made. */
  readonly traces: readonly Element[];
}

/** Decides what one attachment is in the tables. Pure. */
export function rulesOf(attachment: FilteredAttachment, numbers: Numbers): AttachmentRules {
  const egress = sharedEgress(attachment);
  const connections = sharedLimit(attachment);
  return {
    elements: [
      ...sourceElements(attachment),
      ...portElements(attachment, numbers),
      ...bandwidthElements(attachment),
      ...addressElements(attachment, numbers),
      ...grantElements(attachment, egress?.name),
      ...limitElements(attachment),
      ...publishedElements(attachment),
    ],
    shared: [egress, connections].filter((rules) => rules !== undefined),
    traces: countedElements(attachment),
  };
}

const inet = (set: string, text: string): Element => ({ family: "inet", set, text });

/** The sets of `guard-chains.ts`, in the table whose packets the host's end gives. */
function sourceElements({ hostEnd: { kind, index }, mac, addresses }: FilteredAttachment): Element[] {
  const family = kind === "bridge-port" ? "bridge" : "inet";
  const plain = addresses.map(withoutPrefix);
  const ipv4 = plain.filter((address) => !isIpv6(address));
  // Without an address of its own it has no business in IPv6.
  const ipv6 = plain.some(isIpv6) ? [...plain.filter(isIpv6), linkLocalAddress(mac)] : [];
  const element = (set: string, text: string): Element => ({ family, set, text: `${index} . ${text}` });
  return [
    ...ipv4.map((address) => element("source4", `${mac} . ${address}`)),
    ...ipv6.map((address) => element("source6", `${mac} . ${address}`)),
    ...ipv6.map((address) => element("target6", numberOf(address))),
    ...(ipv6.length > 0
      ? [element("hardware", mac), element("option", `0x${mac.replaceAll(":", "").replace(/^0+/, "")}`)]
      : []),
    ...(kind === "routed"
      ? ipv4.map(
          (address): Element => ({ family: "arp", set: "source4", text: `${index} . ${mac} . ${address}` }),
        )
      : []),
  ];
}

/** nft prints and reads raw payload as a number. */
function numberOf(address: string): string {
  return `0x${bytesOfAddress(address)
    .toString("hex")
    .replace(/^0+(?=.)/, "")}`;
}

function portElements({ hostEnd, network, isolationGroup }: FilteredAttachment, numbers: Numbers): Element[] {
  const { index } = hostEnd;
  if (hostEnd.kind === "routed")
    return [inet("routed", `${index}`), { family: "arp", set: "routed", text: `${index}` }];
  const bridge = (set: string, text: string): Element => ({ family: "bridge", set, text });
  const group = isolationGroup === undefined ? undefined : numbers.groupOf(network, isolationGroup);
  return [
    bridge("port", `${index}`),
    bridge("same_port", `${index} . ${index}`),
    ...(group === undefined
      ? []
      : [bridge("group", `${index} : ${group}`), bridge("member", `${index} . ${group}`)]),
  ];
}

/** A packet of a veth pair may be 64 KiB long: TCP's segmentation is left to the last device. */
const smallestBurstBytes = 128 << 10;
const burstSeconds = 0.05;

function bandwidthElements({ hostEnd, bandwidthOut, bandwidthIn }: FilteredAttachment): Element[] {
  const family = hostEnd.kind === "bridge-port" ? "bridge" : "inet";
  const limit = (set: string, bitsPerSecond: number | undefined): Element[] => {
    if (bitsPerSecond === undefined) return [];
    const bytesPerSecond = Math.max(1, Math.floor(bitsPerSecond / 8));
    const burst = Math.max(smallestBurstBytes, Math.floor(bytesPerSecond * burstSeconds));
    const text = `${hostEnd.index} limit rate over ${bytesPerSecond} bytes/second burst ${burst} bytes`;
    return [{ family, set, text }];
  };
  return [...limit("bandwidth_out", bandwidthOut), ...limit("bandwidth_in", bandwidthIn)];
}

/** Which of the host's sets an address belongs to: each has one for IPv4 and one for IPv6. */
function eachAddress(
  { addresses }: FilteredAttachment,
  elementOf: (address: string, suffix: "4" | "6") => Element,
): Element[] {
  return addresses.map(withoutPrefix).map((address) => elementOf(address, isIpv6(address) ? "6" : "4"));
}

function addressElements(attachment: FilteredAttachment, numbers: Numbers): Element[] {
  const { network, isolationGroup, masquerade } = attachment;
  // Where bridges call iptables, the mark in which it is looked up is the last one that the packet gets.
  const networkNumber = numbers.networkOf(network) + passed;
  const group = isolationGroup === undefined ? undefined : numbers.groupOf(network, isolationGroup);
  const each = (elementOf: Parameters<typeof eachAddress>[1]) => eachAddress(attachment, elementOf);
  return [
    ...each((address, suffix) => inet(`container${suffix}`, address)),
    ...each((address, suffix) => inet(`network${suffix}`, `${address} : ${networkNumber}`)),
    ...each((address, suffix) => inet(`in_network${suffix}`, `${address} . ${networkNumber}`)),
    ...(group === undefined
      ? []
      : [
          ...each((address, suffix) => inet(`group${suffix}`, `${address} : ${group}`)),
          ...each((address, suffix) => inet(`member${suffix}`, `${address} . ${group}`)),
        ]),
    ...(masquerade ? each((address, suffix) => inet(`masquerade${suffix}`, address)) : []),
  ];
}

function grantElements(attachment: FilteredAttachment, egressChainName: string | undefined): Element[] {
  const { egress, hostAccess } = attachment;
  const verdict = egress === "any" ? "accept" : `goto ${egressChainName}`;
  return [
    ...(egress === "none"
      ? []
      : eachAddress(attachment, (address, suffix) => inet(`egress${suffix}`, `${address} : ${verdict}`))),
    ...(hostAccess === "all"
      ? eachAddress(attachment, (address, suffix) => inet(`host${suffix}`, address))
      : []),
    ...(typeof hostAccess === "string" ? [] : hostAccess).flatMap(({ protocol, port }) =>
      eachAddress(attachment, (address, suffix) =>
        inet(`host_port${suffix}`, `${address} . ${protocol} . ${port}`),
      ),
    ),
  ];
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

const countingSet = (connections: number, suffix: "4" | "6") => `connections_${connections}_${suffix}`;

/** One pair of chains for each number of connections, with sets that count those of each address (D9). */
function sharedLimit({ connections }: FilteredAttachment): SharedRules | undefined {
  if (connections === undefined) return undefined;
  const limit = ([suffix, match]: readonly ["4" | "6", string]) => {
    const set = countingSet(connections, suffix);
    const rule = (chain: string, field: string) =>
      `add rule inet cntnr_netd ${chain}_${connections} add @${set} { ${match} ${field} ct count over ${connections} } drop`;
    return [
      `add set inet cntnr_netd ${set} { typeof ${match} saddr; size 65535; flags dynamic; }`,
      rule("limit_from", "saddr"),
      rule("limit_to", "daddr"),
    ];
  };
  return {
    name: `limit_${connections}`,
    commands: [
      `add chain inet cntnr_netd limit_from_${connections}`,
      `add chain inet cntnr_netd limit_to_${connections}`,
      ...limit(["4", "ip"]),
      ...limit(["6", "ip6"]),
    ],
  };
}

function limitElements(attachment: FilteredAttachment): Element[] {
  const { connections } = attachment;
  if (connections === undefined) return [];
  return ["limit_from", "limit_to"].flatMap((map) =>
    eachAddress(attachment, (address, suffix) =>
      inet(`${map}${suffix}`, `${address} : jump ${map}_${connections}`),
    ),
  );
}

function countedElements(attachment: FilteredAttachment): Element[] {
  const { connections } = attachment;
  if (connections === undefined) return [];
  return eachAddress(attachment, (address, suffix) =>
    inet(countingSet(connections, suffix), `${address} ct count over ${connections}`),
  );
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

function publishedElement(
  { hostIp, hostPort, containerPort, protocol }: PublishedPort,
  target: string,
): Element {
  const suffix = isIpv6(target) ? "6" : "4";
  const value = `${target} . ${containerPort}`;
  return hostIp === undefined
    ? inet(`published_any${suffix}`, `${protocol} . ${hostPort} : ${value}`)
    : inet(`published${suffix}`, `${hostIp} . ${protocol} . ${hostPort} : ${value}`);
}
