import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  contains,
  overlaps,
  parseAddress,
  parseInterfaceAddress,
  parseRange,
  prefixLength,
} from "../../../../policy/address/address.ts";
import { whyNotAssignable } from "../../../../policy/address/subnets.ts";

const ipv4Prefix = fc
  .tuple(fc.nat(0xffffffff), fc.integer({ min: 0, max: 32 }))
  .map(([address, bits]) => `${[24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".")}/${bits}`);

describe("an address", () => {
  test("has one canonical form, however it was written", () => {
    for (const text of ["2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:0db8::0001"])
      expect(parseAddress(text)?.text).toBe("2001:db8::1");
    expect(parseAddress("10.20.0.1")).toEqual({
      family: 4,
      first: 0x0a140001n,
      last: 0x0a140001n,
      text: "10.20.0.1",
    });
  });

  test.each([
    "010.1.1.1",
    "10.1",
    "167772161",
    "0x0a.1.1.1",
    "10.1.1.1.",
    "10.1.1.256",
    "10.1.1.1/32",
    " 10.1.1.1",
    "10.1.1.1\n",
    "::ffff:10.1.1.1",
    "::ffff:a01:101",
    "::10.1.1.1",
    "fe80::1%eth0",
    "[::1]",
    "1::2::3",
    "12345::",
    ":::",
    "::1/128",
    ":1",
    "",
    "１.1.1.1",
  ])("is read strictly: %p is none", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test("with a prefix is an interface's, and a range only when nothing is behind the prefix", () => {
    expect(parseInterfaceAddress("10.20.0.65/27")).toMatchObject({
      address: { text: "10.20.0.65" },
      network: { text: "10.20.0.64/27" },
    });
    expect(parseRange("10.20.0.65/27")).toBeUndefined();
    for (const text of ["10.20.0.0/033", "10.20.0.0/033", "10.20.0.0/-1", "10.20.0.0/", "::/129", "::/01"])
      expect(parseInterfaceAddress(text)).toBeUndefined();
  });

  test("is in its own network, which is as long as its prefix says", () => {
    fc.assert(
      fc.property(ipv4Prefix, (text) => {
        const parsed = parseInterfaceAddress(text);
        if (!parsed) throw new Error(text);
        expect(contains(parsed.network, parsed.address)).toBeTrue();
        expect(prefixLength(parsed.network)).toBe(Number(text.split("/")[1]));
        expect(parseRange(parsed.network.text)).toEqual(parsed.network);
      }),
    );
  });

  test("ranges overlap when one holds the other, as prefixes do, and never across families", () => {
    const range = ipv4Prefix.map((text) => parseInterfaceAddress(text)?.network);
    fc.assert(
      fc.property(range, range, (a, b) => {
        if (!a || !b) throw new Error("no range");
        expect(overlaps(a, b)).toBe(contains(a, b) || contains(b, a));
        expect(overlaps(a, b)).toBe(overlaps(b, a));
      }),
    );
    const [v4, v6] = [parseRange("0.0.0.0/0"), parseRange("::/0")];
    expect(v4 && v6 && overlaps(v4, v6)).toBeFalse();
  });
});

describe("what a subnet can assign (D6)", () => {
  test.each([
    ["10.0.0.0/31", "10.0.0.0", undefined],
    ["10.0.0.0/32", "10.0.0.0", undefined],
    ["10.0.0.0/30", "10.0.0.0", "is the network's own address"],
    ["10.0.0.0/30", "10.0.0.3", "is the broadcast address"],
    ["10.0.0.0/30", "10.0.0.2", "is the gateway's address"],
    ["2001:db8::/127", "2001:db8::", undefined],
    ["2001:db8::/126", "2001:db8::3", undefined],
    ["2001:db8::/126", "10.0.0.1", "is not an address of the network"],
  ])("%s: %s", (subnet, address, reason) => {
    const range = parseRange(subnet);
    const wanted = parseAddress(address);
    if (!range || !wanted) throw new Error(subnet);
    expect(whyNotAssignable(wanted, [{ range, gateway: parseAddress("10.0.0.2") }])).toBe(reason);
  });
});
