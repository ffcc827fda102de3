import { afterAll, beforeAll, expect, test } from "bun:test";
import { linkLocalAddress } from "../../netd/filter/attachment.ts";
import {
  type AttachedContainer,
  FilteredHost,
  hostAddress,
  type NetworkNamespace,
  outsideAddress,
  routedNetwork,
} from "../fixtures/filtered-host.ts";
import { ethernet, etherType, fragments, udp } from "../fixtures/frames.ts";
import {
  addressed,
  type Identity,
  otherFrames,
  say,
  serverFrames,
  spoofedFrames,
} from "../fixtures/hostile-frames.ts";
import { waitFor } from "../fixtures/wait-for.ts";

/** Root in a container without a bridge writes packets by hand: what the host takes of them shows in rules of its own. */
let filtered: FilteredHost;
let host: NetworkNamespace;
let outside: NetworkNamespace;
let routed: AttachedContainer;

beforeAll(async () => {
  filtered = await FilteredHost.start();
  outside = await filtered.outside();
  host = await filtered.inHost();
  routed = await filtered.attach(filtered.host.users.alice, "ptp", routedNetwork(2), {
    hostAccess: "all",
    egress: "any",
  });
  for (const address of Object.values(hostAddress)) await host.serve("udp", 91, address);
});
afterAll(() => filtered[Symbol.asyncDispose]());

const macIn = ({ pid }: NetworkNamespace, link: string) => filtered.macOf(link, pid);

test.each(["ipv4", "ipv6"] as const)(
  "nobody writes a part of what others say: fragments of a routed end bear its own address, too (D1, %s)",
  async (family) => {
    const ip = { from: outsideAddress[family], to: hostAddress[family] };
    // Linux takes no shorter ones of IPv6.
    const pieces = (port: number) => fragments(ip, 17, udp(ip, port, 91, "x".repeat(3000)), port, 1240);
    const world = { from: await macIn(outside, "eth0"), to: await macIn(host, "wan0") };
    const container = {
      from: routed.attachment.mac,
      to: await macIn(host, routed.attachment.hostEnd.name),
    };
    const frame = (ends: typeof world) => (packet: Buffer) => ethernet(ends, etherType[family], packet);
    await outside.capture("eth0");
    const [first, second, third] = pieces(1001);
    if (!first || !second || !third) throw new Error("it should have three parts");
    await outside.send("eth0", frame(world)(first));
    await routed.namespace.send("eth0", frame(container)(second));
    await outside.send("eth0", frame(world)(third), ...pieces(1002).map(frame(world)));
    const ports = (port: number) => Buffer.from([0, 91, port >> 8, port & 255]).toString("hex");
    const heard: string[] = [];
    // The host answers in turn.
    const answered = [1001, 1002].map(ports);
    await waitFor(
      async () => {
        heard.push(...(await outside.frames()));
        return heard.some((text) => answered.some((sign) => text.includes(sign)));
      },
      { what: "the answer to what came whole" },
    );
    expect(heard.filter((text) => text.includes(ports(1001)))).toEqual([]);
  },
);

test("a routed end's packets bear its own MAC and addresses, and no server's words (D1, D3, D4)", async () => {
  const { attachment, namespace, ipv4, ipv6 } = routed;
  const { mac, hostEnd } = attachment;
  const me: Identity = { mac, ipv4, ipv6, linkLocal: linkLocalAddress(mac) };
  const gateway = { ...me, mac: await macIn(host, hostEnd.name), ipv4: "10.20.2.1", ipv6: "fd00:20:2::1" };
  const victim = {
    mac: await macIn(outside, "eth0"),
    ipv4: outsideAddress.ipv4,
    ipv6: outsideAddress.ipv6,
    linkLocal: linkLocalAddress(await macIn(outside, "eth0")),
  };
  await filtered.shell(`nft -f - <<END
    table inet theirs {
      chain prerouting {
        type filter hook prerouting priority filter;
        iifname != ${hostEnd.name} accept
        ether saddr != ${mac} counter
        ip saddr != ${ipv4} counter
        ip6 saddr != { ${ipv6}, ${me.linkLocal}, :: } counter
        udp sport { 67, 547 } counter
        icmpv6 type { nd-router-advert, nd-redirect, mld-listener-query } counter
        icmpv6 type nd-neighbor-advert ip6 hoplimit != 255 counter
        ip saddr ${ipv4} udp dport 2999 counter comment "honest"
      }
    }
    table arp theirs {
      chain input {
        type filter hook input priority 10;
        iifname != ${hostEnd.name} accept
        arp saddr ether != ${mac} counter
        arp saddr ip != ${ipv4} counter
      }
    }
END`);
  const frames = [...spoofedFrames, ...serverFrames, ...otherFrames].map(([, , make]) =>
    make(me, victim, gateway),
  );
  const honest = say(mac, ipv4, hostAddress.ipv4, 1000, 2999);
  const toHost = [...frames, honest].map((frame) => addressed(frame, gateway.mac));
  await namespace.send("eth0", ...frames, ...toHost);
  const counted = async () => {
    const rules = (await filtered.shell("nft list table inet theirs; nft list table arp theirs")).split("\n");
    return rules.filter((rule) => /counter packets [1-9]/.test(rule)).map((rule) => rule.trim());
  };
  await waitFor(async () => (await counted()).some((rule) => rule.includes("honest")), {
    what: "the last packet",
  });
  expect(await counted()).toEqual([expect.stringContaining("honest")]);
});
