import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { isIP } from "node:net";
import { join } from "node:path";
import type { PublishedPort } from "../../netd/ports/published-port.ts";
import { bytesOfAddress } from "../../netd/sys/address-bytes.ts";
import {
  bridgeNetwork,
  FilteredHost,
  hostAddress,
  type NetworkNamespace,
  outsideAddress,
  routedNetwork,
} from "../fixtures/filtered-host.ts";
import { ethernet, etherType, sctpPacket } from "../fixtures/frames.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let filtered: FilteredHost;
let host: NetworkNamespace;
let outside: NetworkNamespace;
const lab = bridgeNetwork("lab0", 0);

beforeAll(async () => {
  filtered = await FilteredHost.start();
  outside = await filtered.outside();
  host = await filtered.inHost();
  await outside.serve("udp", 91, "0.0.0.0");
});
afterAll(() => filtered[Symbol.asyncDispose]());

function port(hostPort: number, given: Partial<PublishedPort> = {}): PublishedPort {
  return { hostIp: undefined, hostPort, containerPort: 80, protocol: "tcp", ...given };
}

const attach = (network: string, ports: readonly PublishedPort[]) =>
  filtered.attach(filtered.host.users.alice, network, lab, { ports });

describe("a published port", () => {
  test("cannot be had while a service of the host has it, and nothing is left of the attempt (R11)", async () => {
    for (const [number, protocol, address] of [
      [7001, "tcp", "0.0.0.0"],
      [7002, "tcp", "::1"],
      [7003, "udp", "0.0.0.0"],
      [7004, "udp", hostAddress.ipv6],
    ] as const) {
      await host.serve(protocol, number, address);
      const wanted = [port(7099), port(number, { protocol })];
      await expect(attach("lab", wanted)).rejects.toThrow(`port ${number}/${protocol} is in use on the host`);
    }
    const { attachment } = await attach("lab", [port(7099)]);
    await filtered.driverRequest("detach", { id: attachment.id });
  });

  test("is nobody else's as long as the attachment lives, in either family (R11)", async () => {
    const ports = [port(7010), port(7010, { protocol: "udp" }), port(7011, { hostIp: hostAddress.ipv4 })];
    const holder = await attach("lab", ports);
    for (const address of ["0.0.0.0", "::", "127.0.0.1", hostAddress.ipv6]) {
      await expect(host.serve("tcp", 7010, address)).rejects.toThrow("EADDRINUSE");
      await expect(host.serve("udp", 7010, address)).rejects.toThrow("EADDRINUSE");
    }
    await expect(host.serve("tcp", 7011, hostAddress.ipv4)).rejects.toThrow("EADDRINUSE");
    for (const wanted of [port(7010), port(7010, { hostIp: hostAddress.ipv4 }), port(7011)])
      await expect(attach("lab", [wanted])).rejects.toThrow("is in use on the host");
    await filtered.detach(holder);
    await host.serve("tcp", 7010, "::");
    const next = await attach("lab", [port(7011)]);
    await filtered.detach(next);
  });

  test("is refused on an address that is not the host's (R11)", async () => {
    await expect(attach("lab", [port(7020, { hostIp: outsideAddress.ipv4 })])).rejects.toThrow(
      `port 7020/tcp of ${outsideAddress.ipv4} cannot be published: that is no address of the host`,
    );
  });

  test("of UDP leads to the new one at once, also for who spoke to the old one on it (D9)", async () => {
    const ports = [port(7030, { protocol: "udp" })];
    const ask = { protocol: "udp", address: hostAddress.ipv4, port: 7030, fromPort: 5555 } as const;
    const old = await attach("lab", ports);
    await old.namespace.serve("udp", 80, "0.0.0.0");
    expect(await outside.ask(ask)).toBe(outsideAddress.ipv4);
    await filtered.detach(old);
    const next = await attach("lab", ports);
    await next.namespace.serve("udp", 80, "0.0.0.0");
    expect(next.ipv4).not.toBe(old.ipv4);
    expect(await outside.ask(ask)).toBe(outsideAddress.ipv4);
    await filtered.detach(next);
  });
});

describe("a published port of SCTP", () => {
  const macIn = (pid: number, link: string) => filtered.macOf(link, pid);
  /** Frames until one has these bytes. */
  const seen = async (namespace: NetworkNamespace, bytes: Buffer) => {
    const found: string[] = [];
    const isThere = async () => {
      found.push(...(await namespace.frames()));
      return found.some((frame) => frame.includes(bytes.toString("hex")));
    };
    await waitFor(isThere, { what: `a frame with ${bytes.toString("hex")}` });
  };

  test.each(["ipv4", "ipv6"] as const)(
    "leads to the container and back, by its packets alone, and is nobody else's (R11, %s)",
    async (family) => {
      const ports = [port(7050, { protocol: "sctp", containerPort: 90 })];
      const published = await attach("lab", ports);
      await expect(attach("lab", ports)).rejects.toThrow("7050");
      const wan = { from: await macIn(outside.pid, "eth0"), to: await macIn(host.pid, "wan0") };
      const inside = { from: published.attachment.mac, to: await macIn(host.pid, "lab0") };
      const [client, container] = [outsideAddress[family], published[family]];
      await published.namespace.capture("eth0");
      const init = sctpPacket({ from: client, to: hostAddress[family] }, 5000, 7050, "init");
      await outside.send("eth0", ethernet(wan, etherType[family], init));
      const wire = (from: string, to: string, ...numbers: number[]) =>
        Buffer.concat([bytesOfAddress(from), bytesOfAddress(to), Buffer.from(new Uint8Array(numbers))]);
      const [clientPort, containerPort, hostPort] = [5000, 90, 7050].map((number) => [
        number >> 8,
        number & 255,
      ]);
      await seen(
        published.namespace,
        wire(client, container, ...(clientPort ?? []), ...(containerPort ?? [])),
      );
      await outside.capture("eth0");
      const answer = sctpPacket({ from: container, to: client }, 90, 5000, "init-ack");
      await published.namespace.send("eth0", ethernet(inside, etherType[family], answer));
      await seen(outside, wire(hostAddress[family], client, ...(hostPort ?? []), ...(clientPort ?? [])));
      await filtered.detach(published);
    },
  );
});

/** How many connections of an address the host knows. */
async function trackedOf(address: string): Promise<number> {
  return Number(await filtered.shell(`grep -c 'src=${address} ' /proc/net/nf_conntrack || true`));
}

describe("limits", () => {
  test.each([
    ["a port of a bridge", lab],
    ["a routed end", routedNetwork(2)],
  ])(
    "of connections hold for %s, whoever begins them, and not for its neighbours (D9)",
    async (_, plugin) => {
      const grants = { egress: "any", masquerade: true } as const;
      const { alice, bob } = filtered.host.users;
      const limited = await filtered.attach(alice, plugin.type, plugin, {
        ...grants,
        connections: 4,
        ports: [port(7040, { protocol: "udp" })],
      });
      const neighbour = await filtered.attach(bob, plugin.type, plugin, grants);
      await limited.namespace.serve("udp", 80, "0.0.0.0");
      // What is granted is waited for; what is not is not answered, however long one waits.
      const [granted, refused] = [20_000, 1000] as const;
      const ask = (from: NetworkNamespace, address: string, to: number, timeoutMs: number) =>
        from.ask({ protocol: "udp", address, port: to, timeoutMs });
      const out = (from: NetworkNamespace, timeoutMs: number) =>
        ask(from, outsideAddress.ipv4, 91, timeoutMs);
      const inward = (timeoutMs: number) => ask(outside, hostAddress.ipv4, 7040, timeoutMs);
      // Each of these uses ports of its own, and stays for half a minute.
      for (let count = 0; count < 2; count++) {
        expect(await out(limited.namespace, granted)).toBe(hostAddress.ipv4);
        expect(await inward(granted)).toBe(outsideAddress.ipv4);
      }
      expect(isIP(await out(limited.namespace, refused))).toBe(0);
      expect(isIP(await inward(refused))).toBe(0);
      expect(await out(neighbour.namespace, granted)).toBe(hostAddress.ipv4);
      // Flooding gains nothing: what is over the limit is not tracked.
      await Promise.all(Array.from({ length: 50 }, () => out(limited.namespace, refused)));
      expect(await trackedOf(limited.ipv4)).toBeLessThanOrEqual(4);
      await filtered.detach(limited);
      await filtered.detach(neighbour);
      await waitFor(async () => (await trackedOf(limited.ipv4)) === 0, { what: "nothing to be tracked" });
    },
  );

  const megabits = { out: 40, in: 80 };
  const bandwidth = { bandwidthOut: megabits.out * 1e6, bandwidthIn: megabits.in * 1e6 };

  /** What a namespace can send to iperf3 at an address, and be sent by it, must be about what the limits say. */
  async function expectLimited(from: NetworkNamespace, address: string): Promise<void> {
    const measure = async (...flags: string[]) => {
      const argv = ["iperf3", "-J", "-c", address, "-t", "1", "-O", "1", ...flags];
      const output = await filtered.shell(`nsenter --target=${from.pid} --net ${argv.join(" ")}`);
      const { end }: { end: { sum_received: { bits_per_second: number } } } = JSON.parse(output);
      return end.sum_received.bits_per_second / 1e6;
    };
    const [sent, received] = [await measure(), await measure("--reverse")];
    expect(sent).toBeLessThan(megabits.out * 1.2);
    expect(sent).toBeGreaterThan(megabits.out * 0.6);
    expect(received).toBeLessThan(megabits.in * 1.2);
    expect(received).toBeGreaterThan(megabits.in * 0.6);
  }

  test.each([
    ["a port of a bridge", lab],
    ["a routed end", routedNetwork(2)],
  ])("of bandwidth hold for %s in each direction (D9)", async (_, plugin) => {
    const { alice } = filtered.host.users;
    const limited = await filtered.attach(alice, plugin.type, plugin, { hostAccess: "all", ...bandwidth });
    await using server = filtered.host.spawnAsRoot(["iperf3", "-s", "--forceflush"]);
    await server.waitForOutput(/Server listening/);
    await expectLimited(limited.namespace, hostAddress.ipv4);
    await filtered.detach(limited);
  });

  test.each(["ipv4", "ipv6"] as const)(
    "of bandwidth hold between two containers of a group (D9, %s)",
    async (family) => {
      const { alice } = filtered.host.users;
      const group = { isolationGroup: "alice" } as const;
      const limited = await filtered.attach(alice, "lab", lab, { ...group, ...bandwidth });
      const free = await filtered.attach(alice, "lab", lab, group);
      const argv = ["nsenter", `--target=${free.namespace.pid}`, "--net", "iperf3", "-s", "--forceflush"];
      await using server = filtered.host.spawnAsRoot(argv);
      await server.waitForOutput(/Server listening/);
      await expectLimited(limited.namespace, free[family]);
      for (const container of [limited, free]) await filtered.detach(container);
    },
  );
});

describe("what a user has prepared in a namespace", () => {
  test("makes no attachment, and leaves nothing of one (N13)", async () => {
    const elements = () =>
      filtered.shell("nft --stateless list ruleset | grep -A2 elements || true; ip -br link show type veth");
    const before = await elements();
    const pid = await filtered.namespace(filtered.host.users.alice);
    await filtered.shell(`nsenter --target=${pid} --net ip link add eth0 type veth peer name eth1`);
    await expect(
      filtered.driverRequest("attach", {
        id: "prepared",
        netns: `/proc/${pid}/ns/net`,
        network: "lab",
        plugin: { ...lab, ipam: { ...lab.ipam } },
        grants: {},
      }),
    ).rejects.toThrow("eth0");
    await waitFor(async () => (await elements()) === before, { what: "nothing to be left" });
  });
});

describe("the filter itself", () => {
  test("refuses what the host does not see: macvlan", async () => {
    await expect(
      filtered.attach(filtered.host.users.alice, "lan", { type: "macvlan", master: "wan0", ipam: lab.ipam }),
    ).rejects.toThrow("the host does not see its packets");
  });

  test("has no more descriptors open after many attachments than before", async () => {
    const pid = await filtered.namespace(filtered.host.users.alice);
    const ipam = { ...lab.ipam, dataDir: join(filtered.host.directory, "leases") };
    const roundTrip = (id: number) =>
      filtered.driverRequest("roundTrip", {
        id: `round-trip-${id}`,
        netns: `/proc/${pid}/ns/net`,
        network: "lab",
        plugin: { ...lab, ipam },
        grants: { connections: 10, ports: [port(7090)] },
      });
    const descriptors = () => filtered.shell(`ls /proc/${filtered.driverPid}/fd | wc -l`);
    await roundTrip(0);
    const before = await descriptors();
    for (let id = 1; id <= 10; id++) await roundTrip(id);
    expect(await descriptors()).toBe(before);
    expect(await filtered.driverRequest("verify", {})).toEqual({ missing: [], foreign: [] } as unknown);
  });
});
