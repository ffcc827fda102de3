import { describe, expect, test } from "bun:test";
import { forAlice, planFor, port, reasonFor } from "./decisions.ts";

describe("a port", () => {
  test("without an address goes wherever its rule lets it", async () => {
    const portsOf = async (lines: string[], hostIp?: string) =>
      (await planFor(forAlice(...lines), { ports: [port(8080, hostIp)] })).ports[0]?.hostIps;
    expect(await portsOf(["ports = tcp"])).toEqual(["0.0.0.0", "::"]);
    expect(await portsOf(["ports = tcp", "host-ips = 192.0.2.10, 2001:db8::10"])).toEqual([
      "192.0.2.10",
      "2001:db8::10",
    ]);
    expect(await portsOf(["ports = tcp"], "2001:DB8:0::10")).toEqual(["2001:db8::10"]);
  });

  test("on all addresses of one family goes wherever its rule lets it in that one", async () => {
    const portsOf = async (lines: string[], hostIp: string) =>
      (await planFor(forAlice(...lines), { ports: [port(8080, hostIp)] })).ports[0]?.hostIps;
    expect(await portsOf(["ports = tcp"], "0.0.0.0")).toEqual(["0.0.0.0"]);
    expect(await portsOf(["ports = tcp"], "::")).toEqual(["::"]);
    const both = ["ports = tcp", "host-ips = 192.0.2.10, 2001:db8::10"];
    expect(await portsOf(both, "0.0.0.0")).toEqual(["192.0.2.10"]);
    expect(await portsOf(both, "::")).toEqual(["2001:db8::10"]);
    const rules = forAlice(...both);
    const ports = [port(8080, "0.0.0.0"), port(8080, "::")];
    expect((await planFor(rules, { ports })).ports.map(({ hostIps }) => hostIps)).toEqual([
      ["192.0.2.10"],
      ["2001:db8::10"],
    ]);
    expect(await reasonFor(rules, { ports: [...ports, port(8080)] })).toMatchObject({ kind: "malformed" });
  });

  test("is published on no address but its own rule's (R11)", async () => {
    const rules = forAlice("ports = tcp", "host-ips = 192.0.2.10");
    for (const hostIp of ["192.0.2.11", "::", "127.0.0.1"])
      expect(await reasonFor(rules, { ports: [port(8080, hostIp)] })).toEqual({
        kind: "not-granted",
        text: `port 8080/tcp on ${hostIp}: may be published, but not on that address: allow user:alice network:lab (a.conf:6)`,
      });
    const two =
      "[allow group:devs network:lab]\nattachments = 1\nports = 8000-8099/tcp\nhost-ips = 192.0.2.10\n" +
      "[allow group:web network:lab]\nports = 443/tcp\nhost-ips = 192.0.2.11\n";
    const both = { uid: 1000, gids: [2000, 2001] };
    expect(await planFor(two, { ports: [port(443, "192.0.2.11")] }, both)).toBeDefined();
    expect(await reasonFor(two, { ports: [port(443, "192.0.2.10")] }, both)).toMatchObject({
      kind: "not-granted",
    });
  });

  test("below 1024 is given by its number alone (R11)", async () => {
    expect(await reasonFor(forAlice("ports = tcp"), { ports: [port(443)] })).toMatchObject({
      kind: "not-granted",
    });
    expect(await planFor(forAlice("ports = tcp, 443/tcp"), { ports: [port(443)] })).toBeDefined();
    expect(
      await reasonFor(forAlice("ports = 443/tcp"), { ports: [port(443, undefined, "udp")] }),
    ).toMatchObject({
      kind: "not-granted",
    });
  });

  test.each([
    ["0", [port(0)]],
    ["65536", [port(65536)]],
    ["1.5", [port(1.5)]],
    ["NaN", [port(Number.NaN)]],
    ["one on a strange address", [port(8080, "010.1.1.1")]],
    ["one published twice", [port(8080), port(8080)]],
    ["one published everywhere and somewhere", [port(8080, "192.0.2.1"), port(8080)]],
    ["one with no port in the container", [{ ...port(8080), containerPort: 0 }]],
  ])("that is none is refused: %s", async (_, ports) => {
    expect(await reasonFor(forAlice("ports = tcp"), { ports })).toMatchObject({ kind: "malformed" });
  });

  test("number may be published on two addresses, and for two protocols", async () => {
    const ports = [
      port(8080, "192.0.2.1"),
      port(8080, "192.0.2.2"),
      port(8080, "::"),
      port(8080, undefined, "udp"),
    ];
    expect((await planFor(forAlice("ports = tcp, udp"), { ports })).ports).toHaveLength(4);
  });
});
