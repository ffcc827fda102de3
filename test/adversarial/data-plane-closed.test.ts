import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { isIP } from "node:net";
import type { Differences } from "../../netd/filter/differences.ts";
import {
  type AttachedContainer,
  bridgeNetwork,
  FilteredHost,
  hostAddress,
  type NetworkNamespace,
  outsideAddress,
  routedNetwork,
} from "../fixtures/filtered-host.ts";
import { ethernet, etherType, tcpPacket, udpPacket } from "../fixtures/frames.ts";
import { advertisementOfRouter } from "../fixtures/hostile-frames.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let filtered: FilteredHost;
let host: NetworkNamespace;
let outside: NetworkNamespace;
let alice: AttachedContainer;
let bob: AttachedContainer;
let routed: AttachedContainer;

beforeAll(async () => {
  filtered = await FilteredHost.start();
  outside = await filtered.outside();
  host = await filtered.inHost();
  const { users } = filtered.host;
  const grants = {
    isolationGroup: "all",
    hostAccess: "all",
    egress: "any",
    masquerade: true,
    connections: 1000,
  } as const;
  alice = await filtered.attach(users.alice, "lab", bridgeNetwork("lab0", 0), grants);
  bob = await filtered.attach(users.bob, "lab", bridgeNetwork("lab0", 0), {
    ...grants,
    egress: ["192.0.2.0/24"],
    bandwidthIn: 1e9,
    bandwidthOut: 2e9,
    ports: [{ hostIp: undefined, hostPort: 8080, containerPort: 80, protocol: "tcp" }],
  });
  routed = await filtered.attach(users.alice, "ptp", routedNetwork(2), grants);
  for (const { namespace } of [alice, bob, routed]) await namespace.serve("tcp", 80, "::");
  for (const where of [host, outside]) await where.serve("tcp", 90, "::");
});
afterAll(() => filtered[Symbol.asyncDispose]());

/** Every way that is open; each names who is asked by whom. */
function ways(): readonly (readonly [string, NetworkNamespace, string, number])[] {
  return (["ipv4", "ipv6"] as const).flatMap((family) => [
    [`${family}: alice to bob`, alice.namespace, bob[family], 80],
    [`${family}: alice to the host`, alice.namespace, hostAddress[family], 90],
    [`${family}: alice to the world`, alice.namespace, outsideAddress[family], 90],
    [`${family}: the host to alice`, host, alice[family], 80],
    [`${family}: the world to bob`, outside, hostAddress[family], 8080],
    [`${family}: from a routed end to the host`, routed.namespace, hostAddress[family], 90],
    [`${family}: from a routed end to the world`, routed.namespace, outsideAddress[family], 90],
    [`${family}: the host to a routed end`, host, routed[family], 80],
  ]);
}

/** Which of the ways lead somewhere. */
async function openWays(timeoutMs: number): Promise<string[]> {
  const asked = ways().map(async ([name, from, address, port]) => {
    const answer = await from.ask({ protocol: "tcp", address, port, timeoutMs });
    return isIP(answer) > 0 ? [name] : [];
  });
  return (await Promise.all(asked)).flat();
}

const allWays = () => ways().map(([name]) => name);

/** The tables as text, in an order that does not depend on hashes, without what packets put there. */
async function tables(): Promise<string[]> {
  const text = await filtered.shell("nft --stateless list ruleset");
  const lines = text.split(/[\n,{}]/).map((line) => line.trim());
  const kept = lines.filter((line) => line !== "elements =" && !line.includes(" ct count over "));
  return [...new Set(kept)].sort();
}

/** How long each healing took, as the filter tells the administrator. */
function healedWithinMs(): number[] {
  const reports = filtered.reports.matchAll(/changed netd's tables: they were made anew within (\d+) ms/g);
  return [...reports].map(([, ms]) => Number(ms));
}

test("everything that is granted works to begin with", async () => {
  expect(await openWays(20_000)).toEqual(allWays());
});

describe("when somebody else flushes the tables", () => {
  test("nothing gets through until they are back (D10)", async () => {
    const before = await tables();
    filtered.signal("SIGSTOP");
    await filtered.shell("nft flush ruleset");
    expect(await openWays(1500)).toEqual([]);
    filtered.signal("SIGCONT");
    await waitFor(async () => Bun.deepEquals(await tables(), before), {
      what: "the tables",
    });
    expect(await openWays(20_000)).toEqual(allWays());
  });

  test("of the bridges' table only, nothing gets from port to port by what is published, either (D10)", async () => {
    await filtered.shell("sysctl -qw net.bridge.bridge-nf-call-iptables=1");
    const before = await tables();
    const gateway = await filtered.macOf("lab0");
    await bob.namespace.capture("eth0");
    filtered.signal("SIGSTOP");
    await filtered.shell("nft delete table bridge cntnr_netd");
    // His own, and whose nobody has.
    const sources = [alice.ipv4, "10.20.0.99"];
    const frames = sources.map((from) =>
      ethernet(
        { from: alice.attachment.mac, to: gateway },
        etherType.ipv4,
        tcpPacket({ from, to: hostAddress.ipv4 }, 1000, 8080),
      ),
    );
    await alice.namespace.send("eth0", ...frames);
    const open = await openWays(1500);
    expect(open.filter((way) => !way.includes("routed end"))).toEqual([]);
    filtered.signal("SIGCONT");
    await waitFor(async () => Bun.deepEquals(await tables(), before), { what: "the tables" });
    expect(await bob.namespace.frames()).toEqual([]);
  });

  test.each([
    ["all that there is", "nft flush ruleset"],
    ["one table", "nft delete table bridge cntnr_netd"],
    ["the rules of a table", "nft flush table inet cntnr_netd"],
    ["a chain", "nft flush chain bridge cntnr_netd guard_ip"],
    ["a set", "nft flush set inet cntnr_netd container4"],
    ["by adding a rule", "nft insert rule bridge cntnr_netd from_port accept"],
    ["again and again", "for i in 1 2 3 4 5; do nft flush ruleset; done"],
    [
      "and puts something of his own there",
      "nft flush ruleset; nft add table inet filter; nft delete table inet filter",
    ],
  ])("they are as they were within a second: %s (D10)", async (_, command) => {
    const before = await tables();
    await filtered.shell(command);
    await waitFor(async () => Bun.deepEquals(await tables(), before), { what: "the tables" });
    const took = await waitFor(() => healedWithinMs().at(-1), { what: "a report" });
    expect(took).toBeLessThan(1000);
  });

  test("what others have in tables of their own is nobody's business", async () => {
    const count = healedWithinMs().length;
    await filtered.shell(
      "nft add table inet theirs; nft add chain inet theirs c; nft delete table inet theirs",
    );
    // What comes after it was seen later.
    await filtered.shell("nft flush table arp cntnr_netd");
    await waitFor(() => healedWithinMs().length > count, { what: "a report" });
    expect(healedWithinMs()).toHaveLength(count + 1);
  });
});

test("what is missing in the tables, and what belongs to nobody, can be told (F10)", async () => {
  expect(await filtered.driverRequest("verify", {})).toEqual({ missing: [], foreign: [] });
  filtered.signal("SIGSTOP");
  await filtered.shell(`nft add element inet cntnr_netd container4 '{ 10.1.2.3 }'
    nft delete element inet cntnr_netd container4 '{ ${bob.ipv4} }'`);
  const verified = filtered.driverRequest("verify", {});
  filtered.signal("SIGCONT");
  // Whether it was asked before it was mended or after: both are right.
  const found = (await verified) as Differences;
  const mended: Differences = { missing: [], foreign: [] };
  const tampered: Differences = {
    missing: [`inet container4 ${bob.ipv4}`],
    foreign: ["inet container4 0a010203"],
  };
  expect([mended, tampered]).toContainEqual(found);
});

test("a restart costs no more than a packet: the old tables are in force until the new ones are (F7)", async () => {
  const ping = `nsenter --target=${alice.namespace.pid} --net busybox ping -q -i 0.02 -c 60 ${bob.ipv4}`;
  const pinging = filtered.shell(ping);
  for (let round = 0; round < 3; round++) await filtered.driverRequest("reset", {});
  const received = /60 packets transmitted, (\d+) packets received/.exec(await pinging)?.[1];
  expect(Number(received)).toBeGreaterThanOrEqual(57);
});

describe("before anybody knows whose it is", () => {
  /** Like a plugin, before netd has its result. The other end is in a namespace of bob's. */
  async function newLink(name: string): Promise<NetworkNamespace> {
    const pid = await filtered.namespace(filtered.host.users.bob);
    await filtered.shell(`ip link add ${name} type veth peer name eth0 netns ${pid}
      sysctl -qw net.ipv6.conf.${name}.disable_ipv6=1
      ip link set ${name} up
      nsenter --target=${pid} --net ip link set eth0 up`);
    return filtered.agentIn(pid);
  }

  async function macOf(name: string): Promise<string> {
    return (await filtered.shell(`ip -br link show ${name}`)).split(/\s+/)[2] ?? "";
  }

  test("a port of a bridge is heard by nobody and hears nobody, whatever it claims to be (D10, R2)", async () => {
    const stranger = await newLink("stranger0");
    await filtered.shell("ip link set stranger0 master lab0");
    await stranger.capture("eth0");
    await bob.namespace.capture("eth0");
    const to = { mac: "ff:ff:ff:ff:ff:ff" };
    const frame = (mac: string, from: string, address: string) =>
      ethernet({ from: mac, to: to.mac }, etherType.ipv4, udpPacket({ from, to: address }, 1, 2, "stranger"));
    const { mac } = alice.attachment;
    await stranger.send(
      "eth0",
      frame(mac, alice.ipv4, bob.ipv4),
      frame("02:00:00:00:00:01", "10.20.0.99", bob.ipv4),
    );
    // What is alice's own is good for the host, and no more than that for this port.
    const strangerMac = await filtered.macOf("eth0", stranger.pid);
    const { mac: own } = alice.attachment;
    const words = udpPacket({ from: alice.ipv4, to: "10.20.0.99" }, 1, 2, "alice");
    const begun = tcpPacket({ from: alice.ipv4, to: "10.20.0.99" }, 1, 2);
    const frames = [strangerMac, "01:00:5e:00:00:01", to.mac].flatMap((address) =>
      [words, begun].map((packet) => ethernet({ from: own, to: address }, etherType.ipv4, packet)),
    );
    for (const bridgesCallIptables of [0, 1]) {
      await filtered.shell(`sysctl -qw net.bridge.bridge-nf-call-iptables=${bridgesCallIptables}`);
      await alice.namespace.send("eth0", ...frames);
    }
    // A question for everybody, which goes to every port; and then one that bob answers.
    expect(
      isIP(await alice.namespace.ask({ protocol: "tcp", address: "10.20.0.98", port: 80, timeoutMs: 500 })),
    ).toBe(0);
    const answer = await alice.namespace.ask({
      protocol: "tcp",
      address: bob.ipv4,
      port: 80,
      timeoutMs: 20_000,
    });
    expect(answer).toBe(alice.ipv4);
    const sign = Buffer.from("stranger").toString("hex");
    expect((await bob.namespace.frames()).filter((text) => text.includes(sign))).toEqual([]);
    expect(await stranger.frames()).toEqual([]);
    // Nor does the host answer it.
    await filtered.shell(`nsenter --target=${stranger.pid} --net ip addr add 10.20.0.99/24 dev eth0`);
    for (const address of ["10.20.0.1", alice.ipv4]) {
      const got = await stranger.ask({ protocol: "tcp", address, port: 90, timeoutMs: 1000 });
      expect(isIP(got)).toBe(0);
    }
    await filtered.shell("ip link del stranger0");
  });

  test("two ports hear nothing of each other while an attachment is being made: one may be it (D3)", async () => {
    // The host's own tables, where bridges call them, keep this from them as well.
    await filtered.shell("sysctl -qw net.bridge.bridge-nf-call-ip6tables=0");
    // Somebody's port that is in no table, from before.
    const left = await newLink("left0");
    await filtered.driverRequest("open", { bridge: "lab0" });
    const names = ["newborn0", "newborn1"];
    const [first, second] = [await newLink("newborn0"), await newLink("newborn1")];
    await filtered.shell(["left0", ...names].map((name) => `ip link set ${name} master lab0`).join("\n"));
    await second.capture("eth0");
    await left.send("eth0", advertisementOfRouter("02:00:00:00:00:08", "fe80::8"));
    await first.send("eth0", advertisementOfRouter("02:00:00:00:00:09", "fe80::9"));
    await filtered.driverRequest("close", {});
    // What is sent after that is heard, and by then the others would have been.
    await first.send("eth0", advertisementOfRouter("02:00:00:00:00:0a", "fe80::a"));
    const heard: string[] = [];
    await waitFor(
      async () => {
        heard.push(...(await second.frames()));
        return heard.some((frame) => frame.includes("02000000000a"));
      },
      { what: "the last frame" },
    );
    expect(heard.filter((frame) => /02000000000[89]/.test(frame))).toEqual([]);
    await filtered.shell(["left0", ...names].map((name) => `ip link del ${name}`).join("\n"));
  });

  test("the host does not hear a new link while an attachment is being made, and does hear others' before and after", async () => {
    const before = await newLink("before0");
    await filtered.driverRequest("open", {});
    const during = await newLink("during0");
    await filtered.shell("ip addr add 10.99.0.1/24 dev before0; ip addr add 10.99.1.1/24 dev during0");
    const ask = { protocol: "tcp", port: 90, timeoutMs: 1500 } as const;
    const address = (where: NetworkNamespace, third: number) =>
      filtered.shell(`nsenter --target=${where.pid} --net ip addr add 10.99.${third}.2/24 dev eth0`);
    await address(before, 0);
    await address(during, 1);
    expect(await before.ask({ ...ask, address: "10.99.0.1", timeoutMs: 20_000 })).toBe("10.99.0.2");
    expect(isIP(await during.ask({ ...ask, address: "10.99.1.1" }))).toBe(0);
    // One-way datagrams neither: the host's neighbour table shows whether it has heard anything.
    const mac = await macOf("during0");
    const datagram = udpPacket({ from: "10.99.1.2", to: "10.99.1.1" }, 1, 2, "x");
    await during.send("eth0", ethernet({ from: "02:00:00:00:00:09", to: mac }, etherType.ipv4, datagram));
    expect(await filtered.shell("ip neigh show dev during0")).not.toContain("lladdr");
    await filtered.driverRequest("close", {});
    expect(await during.ask({ ...ask, address: "10.99.1.1", timeoutMs: 20_000 })).toBe("10.99.1.2");
    await filtered.shell("ip link del before0; ip link del during0");
  });
});

describe("at the end", () => {
  test("the link goes down first, and the rules go last (F14)", async () => {
    const { attachment } = bob;
    const { name, index } = attachment.hostEnd;
    await filtered.driverRequest("silence", { id: attachment.id });
    expect(await filtered.shell(`ip -br link show ${name}`)).toContain("DOWN");
    expect(await filtered.shell("nft list set bridge cntnr_netd port")).toContain(name);
    await filtered.detach(bob);
    expect(await filtered.shell("ip -br link show type veth")).not.toContain(name);
    const left = await tables();
    const signs = new RegExp(`^${index}( |$)|${name}|${attachment.mac}|^(${bob.ipv4}|${bob.ipv6})( |$)`);
    expect(left.filter((line) => signs.test(line.replace("elements = ", "")))).toEqual([]);
  });

  test("a link whose other end was moved, renamed or left is deleted all the same (N14)", async () => {
    const { pid } = alice.namespace;
    const elsewhere = await filtered.namespace(filtered.host.users.alice);
    await filtered.shell(`nsenter --target=${pid} --net sh -euc '
      ip link set eth0 down; ip link set eth0 name mine; ip link set mine netns ${elsewhere}'`);
    await filtered.detach(alice);
    expect(await filtered.shell("ip -br link show type veth")).not.toContain(alice.attachment.hostEnd.name);
    expect((await tables()).filter((line) => line.includes(alice.ipv4))).toEqual([]);
  });

  test("of the last one nothing is left in any set", async () => {
    await filtered.detach(routed);
    expect(await filtered.shell("nft list ruleset | grep -A3 elements || true")).toBe("");
  });
});
