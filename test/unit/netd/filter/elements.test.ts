import { describe, expect, test } from "bun:test";
import type { FilteredAttachment } from "../../../../netd/filter/attachment.ts";
import { textOfElement } from "../../../../netd/filter/element-text.ts";
import { rulesOf } from "../../../../netd/filter/elements.ts";
import { limited, passed, portToPort } from "../../../../netd/filter/marks.ts";
import { attachment } from "./attachments.ts";

const numbers = { groupOf: () => 3, networkOf: () => 2 };

/** "bridge port: 7", sorted. */
function elementsOf(given: Partial<FilteredAttachment>): string[] {
  const { elements } = rulesOf(attachment(given), numbers);
  return elements.map((element) => `${element.family} ${element.set}: ${textOfElement(element)}`).sort();
}

const added = (given: Partial<FilteredAttachment>, base: Partial<FilteredAttachment> = {}) => {
  const before = new Set(elementsOf(base));
  return elementsOf({ ...base, ...given }).filter((element) => !before.has(element));
};

describe("the elements of an attachment", () => {
  test("that may do nothing are its port, its source, and which network it is of", () => {
    expect(elementsOf({})).toEqual([
      "bridge port: 7",
      "bridge same_port: 7 . 7",
      "bridge source4: 7 . 02:00:00:00:01:05 . 10.20.0.5 : 0",
      "inet container4: 10.20.0.5",
      "inet in_network4: 10.20.0.5 . 2",
      "inet network4: 10.20.0.5 : 2",
      "inet own4: 10.20.0.5 . 10.20.0.5",
    ]);
  });

  test("with IPv6 are also what neighbour discovery may claim, the link-local address included", () => {
    expect(added({ addresses: ["10.20.0.5/24", "fd00::5/64"] })).toEqual([
      "bridge hardware: 7 . 02:00:00:00:01:05",
      "bridge option: 7 . 0x20000000105",
      "bridge source6: 7 . 02:00:00:00:01:05 . fd00::5 : 0",
      "bridge source6: 7 . 02:00:00:00:01:05 . fe80::0:ff:fe00:105 : 0",
      "bridge target6: 7 . 0xfd000000000000000000000000000005",
      "bridge target6: 7 . 0xfe80000000000000000000fffe000105",
      "inet container6: fd00::5",
      "inet in_network6: fd00::5 . 2",
      "inet network6: fd00::5 : 2",
      "inet own6: fd00::5 . fd00::5",
    ]);
  });

  test("of a routed end stand where the host routes", () => {
    const elements = elementsOf({ hostEnd: { kind: "routed", name: "veth1", index: 9 } });
    expect(elements.filter((element) => element.includes(": 9"))).toEqual([
      "arp routed: 9",
      "arp source4: 9 . 02:00:00:00:01:05 . 10.20.0.5",
      "inet routed: 9",
      "inet source4: 9 . 02:00:00:00:01:05 . 10.20.0.5",
    ]);
    expect(elements.filter((element) => element.startsWith("bridge"))).toEqual([]);
  });

  test("with a group are its membership, on the bridge and in the host", () => {
    const mark = portToPort + 3;
    expect(added({ isolationGroup: "alice" })).toEqual([
      `bridge group: 7 : ${mark}`,
      `bridge member: 7 . ${mark} : ${mark + passed}`,
      `bridge peer: ${mark} . 02:00:00:00:01:05`,
      `bridge source4: 7 . 02:00:00:00:01:05 . 10.20.0.5 : ${mark}`,
      "inet group4: 10.20.0.5 : 3",
      "inet member4: 10.20.0.5 . 3",
    ]);
  });

  test("with grants are one for each, not one for each other attachment", () => {
    expect(added({ masquerade: true, hostAccess: "all", egress: "any" })).toEqual([
      "inet egress_any4: 10.20.0.5",
      "inet host_any4: 10.20.0.5",
      "inet masquerade4: 10.20.0.5",
    ]);
    // At each of these the kernel would look through all others' (nft_table_validate).
    const { elements } = rulesOf(attachment({ hostAccess: "all", egress: "any", connections: 9 }), numbers);
    expect(elements.filter(({ value }) => value !== undefined && "goto" in value)).toEqual([]);
    const everything = [{ protocol: "tcp", first: 1, last: 65535 } as const];
    const both = { addresses: ["10.20.0.5/24", "fd00::5/64"] };
    expect(added({ hostAccess: everything }, both)).toHaveLength(2);
  });

  test("with limits are in bytes, with a burst that a packet of 64 KiB fits into", () => {
    expect(added({ bandwidthOut: 200_000_000, bandwidthIn: 8000 })).toEqual([
      "bridge bandwidth_in: 7 limit rate over 1000 bytes/second burst 131072 bytes",
      "bridge bandwidth_out: 7 limit rate over 25000000 bytes/second burst 1250000 bytes",
      `bridge source4: 7 . 02:00:00:00:01:05 . 10.20.0.5 : ${limited}`,
    ]);
    // The kernel refuses larger ones, and the attachment with them.
    expect(added({ bandwidthOut: 1e12, bandwidthIn: 136e9 })).toEqual([
      "bridge bandwidth_in: 7 limit rate over 17000000000 bytes/second burst 850000000 bytes",
    ]);
    // It has not passed when it comes out at the port: there it is looked at once more.
    const mark = portToPort + 3;
    expect(added({ bandwidthIn: 8000 }, { isolationGroup: "alice" })).toContain(
      `bridge member: 7 . ${mark} : ${mark}`,
    );
  });

  test("with published ports name the host's address where one was named (R12)", () => {
    const port = { hostPort: 8080, containerPort: 80, protocol: "tcp" } as const;
    expect(added({ ports: [{ hostIp: undefined, ...port }] })).toEqual([
      "inet published_any4: tcp . 8080 : 10.20.0.5 . 80",
    ]);
    expect(added({ ports: [{ hostIp: "192.0.2.1", ...port }] })).toEqual([
      "inet published4: 192.0.2.1 . tcp . 8080 : 10.20.0.5 . 80",
    ]);
    expect(added({ ports: [{ hostIp: "2001:db8::1", ...port }] })).toEqual([]);
    const both = { addresses: ["10.20.0.5/24", "fd00::5/64"] };
    expect(added({ ports: [{ hostIp: "2001:db8::1", ...port }] }, both)).toEqual([
      "inet published6: 2001:db8::1 . tcp . 8080 : fd00::5 . 80",
    ]);
  });
});

describe("what attachments share", () => {
  const sharedOf = (given: Partial<FilteredAttachment>) => rulesOf(attachment(given), numbers).shared;

  test("is one chain for equal lists of networks, in whatever order", () => {
    const [one] = sharedOf({ egress: ["192.0.2.0/24", "10.0.0.0/8", "fd00::/8"] });
    const [other] = sharedOf({ egress: ["fd00::/8", "10.0.0.0/8", "192.0.2.0/24", "10.0.0.0/8"] });
    expect(one).toEqual(other);
    expect(one?.commands).toEqual([
      `add chain inet cntnr_netd ${one?.name}`,
      `add rule inet cntnr_netd ${one?.name} ct original ip daddr { 10.0.0.0/8, 192.0.2.0/24 } accept`,
      `add rule inet cntnr_netd ${one?.name} ct original ip6 daddr { fd00::/8 } accept`,
      `add rule inet cntnr_netd ${one?.name} goto refuse`,
    ]);
    expect(added({ egress: ["10.0.0.0/8"] })[0]).toMatch(
      /^inet egress4: 10\.20\.0\.5 : goto egress_[0-9a-f]+$/,
    );
  });

  test("is one chain for equal ports of the host, in whatever order and pieces", () => {
    const ports = (protocol: "tcp" | "udp", first: number, last: number) => ({ protocol, first, last });
    const [one] = sharedOf({
      hostAccess: [ports("udp", 53, 53), ports("tcp", 1, 99), ports("tcp", 443, 443)],
    });
    const [other] = sharedOf({
      hostAccess: [ports("tcp", 443, 443), ports("tcp", 50, 99), ports("tcp", 1, 60), ports("udp", 53, 53)],
    });
    expect(one).toEqual(other);
    expect(one?.commands).toEqual([
      `add chain inet cntnr_netd ${one?.name}`,
      `add rule inet cntnr_netd ${one?.name} tcp dport { 1-99, 443 } accept`,
      `add rule inet cntnr_netd ${one?.name} udp dport { 53 } accept`,
      `add rule inet cntnr_netd ${one?.name} goto refuse`,
    ]);
    expect(added({ hostAccess: [ports("udp", 53, 53)] })).toEqual([
      expect.stringMatching(/^inet host4: 10\.20\.0\.5 : goto host_[0-9a-f]+$/),
    ]);
  });

  test("is one pair of sets for equal limits of connections, and what packets leave in their sets is known", () => {
    const { shared, traces } = rulesOf(attachment({ connections: 100 }), numbers);
    expect(shared.map(({ name }) => name)).toEqual(["limit_100"]);
    expect(shared[0]?.commands).toContain(
      "add rule inet cntnr_netd limit_from ip saddr @limited_100_4 add @connections_100_4 { ip saddr ct count over 100 } drop",
    );
    expect(traces).toEqual([
      { family: "inet", set: "connections_100_4", key: [{ address: "10.20.0.5" }], connections: 100 },
    ]);
    expect(added({ connections: 100 })).toEqual(["inet limited_100_4: 10.20.0.5"]);
  });
});
