import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { isIP } from "node:net";
import {
  type AttachedContainer,
  bridgeNetwork,
  FilteredHost,
  families,
  hostAddress,
  type NetworkNamespace,
  outsideAddress,
  routedNetwork,
} from "../fixtures/filtered-host.ts";

/** The host's addresses on network lab. */
const gateway = { ipv4: "10.20.0.1", ipv6: "fd00:20::1" } as const;

/** What is asked answers with the address that it sees; everything else is how the asking failed. */
async function reached(from: NetworkNamespace, address: string, port: number): Promise<string> {
  return from.ask({ protocol: "tcp", address, port, timeoutMs: 20_000 });
}

/** None of these may be answered, all asked at once. What is refused is so within a second; what is dropped never is. */
async function expectUnreached(
  ...asked: readonly (readonly [from: NetworkNamespace, address: string, port: number])[]
): Promise<void> {
  const answers = await Promise.all(
    asked.map(async ([from, address, port]) => {
      const answer = await from.ask({ protocol: "tcp", address, port, timeoutMs: 1500 });
      return isIP(answer) > 0 ? [`${address} port ${port}: ${answer}`] : [];
    }),
  );
  expect(answers.flat()).toEqual([]);
}

/** Where bridges call iptables (br_netfilter), what containers say to each other goes through the host's tables too. */
describe.each([
  ["with br_netfilter", true],
  ["without br_netfilter", false],
])("%s", (_, bridgesCallIptables) => {
  let filtered: FilteredHost;
  let host: NetworkNamespace;
  let outside: NetworkNamespace;
  /** Of network lab: each user's share a group. */
  let alice: AttachedContainer;
  let aliceToo: AttachedContainer;
  let bob: AttachedContainer;
  let alone: AttachedContainer;
  /** Of network other, of the same user. */
  let elsewhere: AttachedContainer;
  /** Of a network without a bridge. */
  let routed: AttachedContainer;

  beforeAll(async () => {
    filtered = await FilteredHost.start();
    await filtered.haveBridgesCallIptables(bridgesCallIptables);
    outside = await filtered.outside();
    host = await filtered.inHost();
    const { users } = filtered.host;
    const lab = bridgeNetwork("lab0", 0);
    const other = bridgeNetwork("other0", 1);
    const port = (hostPort: number) => ({ hostPort, containerPort: 80, protocol: "tcp" }) as const;
    alice = await filtered.attach(users.alice, "lab", lab, {
      isolationGroup: "alice",
      egress: "any",
      masquerade: true,
    });
    aliceToo = await filtered.attach(users.alice, "lab", lab, {
      isolationGroup: "alice",
      hostAccess: [{ protocol: "tcp", first: 91, last: 65535 }],
      egress: ["192.0.2.0/30", "2001:db8::/126"],
      masquerade: true,
    });
    bob = await filtered.attach(users.bob, "lab", lab, {
      isolationGroup: "bob",
      egress: "any",
      ports: [{ hostIp: undefined, ...port(8080) }],
    });
    alone = await filtered.attach(users.bob, "lab", lab, {
      hostAccess: "all",
      egress: ["198.51.100.0/24"],
      ports: [
        { hostIp: hostAddress.ipv4, ...port(8081) },
        { hostIp: hostAddress.ipv6, ...port(8081) },
      ],
    });
    elsewhere = await filtered.attach(users.alice, "other", other, {
      isolationGroup: "alice",
      egress: "any",
    });
    routed = await filtered.attach(users.alice, "ptp", routedNetwork(2), {
      isolationGroup: "alice",
      egress: "any",
      masquerade: true,
      hostAccess: [{ protocol: "tcp", first: 91, last: 91 }],
      ports: [{ hostIp: undefined, ...port(8082) }],
    });
    for (const port of [90, 91]) await host.serve("tcp", port, "::");
    await outside.serve("tcp", 80, "::");
    for (const { namespace } of [alice, aliceToo, bob, alone, elsewhere, routed])
      await namespace.serve("tcp", 80, "::");
  });
  afterAll(() => filtered[Symbol.asyncDispose]());

  test.each(families)("a group's members reach each other, and nobody else (D5, %s)", async (family) => {
    expect(await reached(alice.namespace, aliceToo[family], 80)).toBe(alice[family]);
    expect(await reached(aliceToo.namespace, alice[family], 80)).toBe(aliceToo[family]);
    await expectUnreached(
      [alice.namespace, bob[family], 80],
      [alice.namespace, alone[family], 80],
      [alone.namespace, alice[family], 80],
      [alone.namespace, bob[family], 80],
    );
  });

  test.each(families)("nor by way of the gateway (D5, %s)", async (family) => {
    const route = `nsenter --target=${alice.namespace.pid} --net ip route`;
    const neighbours = [bob, aliceToo].map((to) => `${route} add ${to[family]} via ${gateway[family]}`);
    await filtered.shell(neighbours.join("\n"));
    await expectUnreached([alice.namespace, bob[family], 80]);
    expect(await reached(alice.namespace, aliceToo[family], 80)).toBe(alice[family]);
  });

  test.each(families)("networks never reach each other, not even one user's (D7, %s)", async (family) => {
    await expectUnreached(
      [alice.namespace, elsewhere[family], 80],
      [elsewhere.namespace, alice[family], 80],
      [alice.namespace, routed[family], 80],
      [routed.namespace, alice[family], 80],
    );
  });

  test.each(families)(
    "the host's services are reached as far as they are granted (D7, %s)",
    async (family) => {
      for (const address of [hostAddress[family], gateway[family]]) {
        expect(await reached(aliceToo.namespace, address, 91)).toBe(aliceToo[family]);
        expect(await reached(alone.namespace, address, 90)).toBe(alone[family]);
        await expectUnreached([alice.namespace, address, 90], [aliceToo.namespace, address, 90]);
      }
      expect(await reached(routed.namespace, hostAddress[family], 91)).toBe(routed[family]);
      await expectUnreached([routed.namespace, hostAddress[family], 90]);
    },
  );

  test.each(families)("the host reaches all of them (%s)", async (family) => {
    for (const to of [alice, bob, alone, elsewhere, routed])
      expect(isIP(await reached(host, to[family], 80))).toBeGreaterThan(0);
  });

  test.each(families)("the world is reached as far as it is granted, as the host (%s)", async (family) => {
    for (const from of [alice, aliceToo, routed])
      expect(await reached(from.namespace, outsideAddress[family], 80)).toBe(hostAddress[family]);
    await expectUnreached([alone.namespace, outsideAddress[family], 80]);
  });

  test.each(families)("the world reaches nothing that is not published (%s)", async (family) => {
    const all = { ipv4: "10.20.0.0/16", ipv6: "fd00:20::/32" }[family];
    const route = `ip route replace ${all} via ${hostAddress[family]}`;
    await filtered.shell(`nsenter --target=${outside.pid} --net ${route}`);
    const places = [alice, bob, alone, routed].map((to) => [outside, to[family], 80] as const);
    await expectUnreached(...places);
  });

  test.each(families)("the world reaches a published port, and keeps its address (%s)", async (family) => {
    for (const port of [8080, 8081, 8082])
      expect(await reached(outside, hostAddress[family], port)).toBe(outsideAddress[family]);
  });

  test.each(families)("the host reaches a published port by its own addresses (%s)", async (family) => {
    for (const port of [8080, 8081, 8082])
      expect(await reached(host, hostAddress[family], port)).toBe(hostAddress[family]);
  });

  test.each(families)(
    "a container reaches a published port where it may reach its address (%s)",
    async (family) => {
      // On the same bridge the answer has to come back by way of the host.
      expect(await reached(alice.namespace, hostAddress[family], 8080)).toBe(gateway[family]);
      expect(await reached(bob.namespace, hostAddress[family], 8080)).toBe(gateway[family]);
      expect(await reached(elsewhere.namespace, hostAddress[family], 8080)).toBe(elsewhere[family]);
      expect(await reached(alice.namespace, hostAddress[family], 8082)).toBe(alice[family]);
      await expectUnreached([alone.namespace, hostAddress[family], 8080]);
    },
  );

  test("a port published on one address is not taken from any other (R12)", async () => {
    await filtered.shell("ip addr add 192.0.2.9/24 dev wan0; ip addr add 2001:db8::9/64 dev wan0 nodad");
    const others = ["192.0.2.9", "2001:db8::9", "10.20.0.1"];
    await expectUnreached(...others.map((address) => [outside, address, 8081] as const));
    expect(await reached(outside, "192.0.2.9", 8080)).toBe(outsideAddress.ipv4);
    // What only passes the host is nobody's port.
    const third = "198.51.100.7";
    await filtered.shell(`nsenter --target=${outside.pid} --net ip addr add ${third}/32 dev lo
      ip route add ${third} via ${outsideAddress.ipv4}`);
    await outside.serve("tcp", 8080, third);
    expect(await reached(alice.namespace, third, 8080)).toBe(hostAddress.ipv4);
  });

  test("loopback leads to no container, and no container to the host's loopback (R13)", async () => {
    await expectUnreached([host, "127.0.0.1", 8080], [host, "::1", 8080]);
    // Another program may have opened the way.
    await filtered.shell("sysctl -qw net.ipv4.conf.all.route_localnet=1");
    await host.serve("tcp", 92, "127.0.0.1");
    await filtered.shell(`nsenter --target=${alone.namespace.pid} --net sh -euc '
      ip route del local 127.0.0.0/8 table local; ip route del local 127.0.0.1 table local; ip addr flush dev lo
      ip route add 127.0.0.1/32 via 10.20.0.1 src ${alone.ipv4}
      sysctl -qw net.ipv4.conf.all.route_localnet=1'`);
    await expectUnreached([alone.namespace, "127.0.0.1", 92]);
    await filtered.shell("sysctl -qw net.ipv4.conf.all.route_localnet=0");
  });

  test("the metadata services of clouds are out of reach (D7)", async () => {
    await filtered.shell(`ip addr add 169.254.169.254/32 dev lo
      nsenter --target=${outside.pid} --net ip addr add fd00:ec2::254/128 dev lo
      ip route add fd00:ec2::254 via ${outsideAddress.ipv6}`);
    const everybody = [alice, alone, routed].map(({ namespace }) => namespace);
    await expectUnreached(
      ...everybody.map((from) => [from, "169.254.169.254", 90] as const),
      ...everybody.map((from) => [from, "fd00:ec2::254", 80] as const),
    );
  });
});
