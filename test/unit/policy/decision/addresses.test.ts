import { describe, expect, test } from "bun:test";
import { parseRange } from "../../../../policy/address/address.ts";
import type { Subject } from "../../../../policy/policy.ts";
import { alice, aliceOfDevs } from "../policies.ts";
import { forAlice, planFor, reasonFor } from "./decisions.ts";

describe("a static address (D6)", () => {
  const subnet = (range: string, gateway: string) => {
    const parsed = parseRange(range);
    if (!parsed) throw new Error(range);
    return { range: parsed, gateway: parseRange(gateway) };
  };
  const subnets = [subnet("10.20.0.0/24", "10.20.0.1"), subnet("2001:db8::/64", "2001:db8::1")];
  const rules = forAlice("static-ips = 10.0.0.0/8, 2001:db8::/32", "addresses = unlimited");

  test.each([
    ["10.20.0.70", undefined],
    ["2001:db8::70", undefined],
    ["10.20.0.1", "address 10.20.0.1: is the gateway's address"],
    ["10.20.0.0", "address 10.20.0.0: is the network's own address"],
    ["10.20.0.255", "address 10.20.0.255: is the broadcast address"],
    ["10.21.0.5", "address 10.21.0.5: is not an address of the network"],
    ["2001:db8::", "address 2001:db8::: is the network's own address"],
    ["2001:db8:1::5", "address 2001:db8:1::5: is not an address of the network"],
  ])("%s", async (address, text) => {
    const decide = { staticIps: [address], subnets };
    if (text === undefined) expect((await planFor(rules, decide)).staticIps).toEqual([address]);
    else expect(await reasonFor(rules, decide)).toEqual({ kind: "not-granted", text });
  });

  test.each(["10.20.0.070", "10.20.70", "10.20.0.70/24", "10.20.0.70;GATEWAY=1", "::ffff:a14:46", ""])(
    "%p is none (R1)",
    async (address) => {
      const reason = await reasonFor(rules, { staticIps: [address], subnets });
      expect(reason).toEqual({
        kind: "malformed",
        text: "address: a requested address is not an IPv4 or IPv6 address",
      });
    },
  );

  test("is wanted once, in whatever form", async () => {
    const twice = { staticIps: ["2001:db8::70", "2001:DB8:0::70"], subnets, addressesPerAttachment: 2 };
    expect(await reasonFor(rules, twice)).toMatchObject({ kind: "malformed" });
  });

  test("in ranges of several groups is in one of them", async () => {
    const two =
      "[allow group:devs network:lab]\nattachments = 1\nstatic-ips = 10.20.0.64/27\n" +
      "[allow group:web network:lab]\nstatic-ips = 10.20.0.128/27\n";
    const both = { uid: 1000, gids: [2000, 2001] };
    expect((await planFor(two, { staticIps: ["10.20.0.130"], subnets }, both)).grants[0]?.by).toEqual([
      "allow group:web network:lab (a.conf:8)",
    ]);
    expect((await reasonFor(two, { staticIps: ["10.20.0.100"], subnets }, both)).text).toBe(
      "address 10.20.0.100: is in none of the static-ips given: allow group:devs network:lab (a.conf:6), allow group:web network:lab (a.conf:8)",
    );
  });
});

describe("a MAC address", () => {
  test.each([
    "01:00:5e:00:00:01",
    "ff:ff:ff:ff:ff:ff",
    "00:00:00:00:00:00",
    "02-00-00-00-00-01",
    "020000000001",
    "02:00:00:00:00:01\n",
  ])("%p is no station's", async (mac) => {
    expect(await reasonFor(forAlice("mac = chosen"), { mac })).toMatchObject({ kind: "malformed" });
  });

  test("is chosen only where a rule says so", async () => {
    expect(await reasonFor(forAlice("mac = auto"), { mac: "02:00:00:00:00:01" })).toEqual({
      kind: "not-granted",
      text: "MAC address 02:00:00:00:00:01: mac = auto: allow user:alice network:lab (a.conf:6)",
    });
  });
});

describe("isolation", () => {
  const domainOf = async (isolation: string, rules: string, subject: Subject) =>
    (await planFor(rules, {}, subject, `isolation = ${isolation}`)).isolation;
  const groups =
    "[allow group:web network:lab]\nattachments = 1\n[allow group:devs network:lab]\nattachments = 1\n";

  test("is as the network declares it (D5)", async () => {
    expect(await domainOf("alone", forAlice(), alice)).toEqual({ kind: "alone" });
    expect(await domainOf("user", forAlice(), alice)).toEqual({ kind: "user", uid: 1000 });
    expect(await domainOf("open", forAlice(), alice)).toEqual({ kind: "open" });
  });

  test("by group is that of the group that lets the user in, the effective one first", async () => {
    expect(await domainOf("group", groups, aliceOfDevs)).toEqual({ kind: "group", gid: 2000 });
    expect(await domainOf("group", groups, { uid: 1000, gids: [1000, 2001, 2000] })).toEqual({
      kind: "group",
      gid: 2000,
    });
    expect(await domainOf("group", groups, { uid: 1000, gids: [2001, 2000] })).toEqual({
      kind: "group",
      gid: 2001,
    });
    expect(await domainOf("group", forAlice() + groups, aliceOfDevs)).toEqual({ kind: "group", gid: 2000 });
  });

  test("by group leaves those whom no group lets in to themselves", async () => {
    expect(await domainOf("group", forAlice() + groups, alice)).toEqual({ kind: "user", uid: 1000 });
  });
});
