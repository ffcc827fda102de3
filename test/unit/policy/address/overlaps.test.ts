import { describe, expect, test } from "bun:test";
import { parseRange } from "../../../../policy/address/address.ts";
import { type HostAddressing, refusedOverlaps } from "../../../../policy/address/overlaps.ts";

const host: HostAddressing = {
  addresses: [
    { address: "127.0.0.1/8", device: "lo" },
    { address: "192.0.2.10/24", device: "eth0" },
    { address: "2001:db8::10/64", device: "eth0" },
    { address: "fe80::1/64", device: "eth0" },
    { address: "10.20.0.1/24", device: "lab0" },
  ],
  routes: [
    { destination: "default", device: "eth0" },
    { destination: "0.0.0.0/1", device: "tun0" },
    { destination: "128.0.0.0/1", device: "tun0" },
    { destination: "172.16.0.0/12", device: "tun0" },
    { destination: "10.20.0.0/24", device: "lab0" },
  ],
};

function network(name: string, ...subnets: string[]) {
  const ranges = subnets.flatMap((text) => parseRange(text) ?? []);
  return { network: name, subnets: ranges, devices: [`${name}0`] };
}

const reasonsFor = (...subnets: string[]) =>
  refusedOverlaps([network("lab", ...subnets)], host).map(({ reason }) => reason);

describe("a network's subnet (D6)", () => {
  test("beside everything of the host's is fine, its own bridge's address and route included", () => {
    expect(reasonsFor("10.20.0.0/24", "2001:db8:20::/64")).toEqual([]);
  });

  test("that holds an address of the host's, or is held by its network, is refused", () => {
    const reason = "overlaps the host's address 192.0.2.10/24 (eth0)";
    expect(reasonsFor("192.0.2.0/24")).toEqual([`192.0.2.0/24 ${reason}`]);
    expect(reasonsFor("192.0.2.128/25")).toEqual([`192.0.2.128/25 ${reason}`]);
    expect(reasonsFor("192.0.0.0/16")).toEqual([`192.0.0.0/16 ${reason}`]);
    expect(reasonsFor("2001:db8::/96")).toEqual([
      "2001:db8::/96 overlaps the host's address 2001:db8::10/64 (eth0)",
    ]);
  });

  test("that takes the place of one of the host's routes is refused, but the default route is everywhere", () => {
    expect(reasonsFor("172.20.0.0/16")).toEqual([
      "172.20.0.0/16 overlaps the host's route to 172.16.0.0/12 (tun0)",
    ]);
    expect(reasonsFor("198.51.100.0/24")).toEqual([]);
  });

  test.each([
    ["127.1.0.0/16", "127.1.0.0/16 overlaps the loopback interface"],
    ["169.254.0.0/16", "169.254.0.0/16 overlaps link-local addresses, cloud metadata among them"],
    ["224.0.0.0/8", "224.0.0.0/8 overlaps multicast and reserved addresses"],
    ["fe80::/64", "fe80::/64 overlaps link-local addresses"],
    ["ff02::/16", "ff02::/16 overlaps multicast addresses"],
    ["::/64", "::/64 overlaps the unspecified and the loopback address"],
  ])("in a special range is refused: %s", (subnet, reason) => {
    expect(reasonsFor(subnet)[0]).toBe(reason);
  });

  test("of another network's is refused", () => {
    const networks = [
      network("lab", "10.20.0.0/16"),
      network("web", "10.20.7.0/24"),
      network("dmz", "10.21.0.0/16"),
    ];
    expect(refusedOverlaps(networks, { addresses: [], routes: [] })).toEqual([
      { network: "web", subnet: "10.20.7.0/24", reason: "10.20.7.0/24 overlaps network lab" },
    ]);
  });

  test("is not compared with addresses that cannot be read", () => {
    const strange = {
      addresses: [{ address: "?", device: "x" }],
      routes: [{ destination: "?", device: "x" }],
    };
    expect(refusedOverlaps([network("lab", "10.20.0.0/24")], strange)).toEqual([]);
  });
});
