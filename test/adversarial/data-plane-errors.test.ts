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
} from "../fixtures/filtered-host.ts";
import { ethernet, etherType, udpPacket, unreachablePacket } from "../fixtures/frames.ts";

type Family = (typeof families)[number];

/**
 * Connection tracking calls an error "related" by the packet that is in it, whoever sends it: so it could carry anything to
 * where a container may not send.
 */
let filtered: FilteredHost;
let host: NetworkNamespace;
let outside: NetworkNamespace;
/** Who may reach nobody but the world's answers to what is published. */
let mallory: AttachedContainer;
/** Who may reach the host, and is of another group. */
let bob: AttachedContainer;
let gatewayMac: string;

beforeAll(async () => {
  filtered = await FilteredHost.start();
  outside = await filtered.outside();
  host = await filtered.inHost();
  const lab = bridgeNetwork("lab0", 0);
  mallory = await filtered.attach(filtered.host.users.alice, "lab", lab, {
    ports: [{ hostIp: undefined, hostPort: 8080, containerPort: 80, protocol: "udp" }],
  });
  bob = await filtered.attach(filtered.host.users.bob, "lab", lab, { hostAccess: "all" });
  for (const where of [host, outside])
    for (const family of families)
      await where.serve("udp", 91, where === host ? hostAddress[family] : outsideAddress[family]);
  for (const family of families) await mallory.namespace.serve("udp", 80, mallory[family]);
  gatewayMac = await filtered.macOf("lab0");
  await filtered.shell(`nft -f - <<END
    table inet theirs {
      chain input { type filter hook input priority 10; }
      chain forward { type filter hook forward priority 10; }
    }
END`);
});
afterAll(() => filtered[Symbol.asyncDispose]());

/** Says by way of the host that a packet could not be passed on; returns whether the host has let it through. */
async function isPassedOn(family: Family, to: string, packet: Buffer): Promise<boolean> {
  const ends = { from: mallory.attachment.mac, to: gatewayMac };
  const error = unreachablePacket({ from: mallory[family], to }, packet);
  const match = family === "ipv4" ? "ip" : "ip6";
  for (const chain of ["input", "forward"])
    await filtered.shell(
      `nft add rule inet theirs ${chain} ${match} saddr ${mallory[family]} meta l4proto { icmp, icmpv6 } ${match} daddr ${to} counter`,
    );
  await mallory.namespace.send("eth0", ethernet(ends, etherType[family], error));
  // Its answer comes after that.
  const published = { protocol: "udp", address: hostAddress[family], port: 8080 } as const;
  expect(await outside.ask(published)).toBe(outsideAddress[family]);
  const counted = await filtered.shell("nft list table inet theirs");
  await filtered.shell("nft flush table inet theirs");
  return counted.split("\n").some((line) => line.includes(`daddr ${to} `) && /packets [1-9]/.test(line));
}

describe.each(families)("what a container says of packets that are not its own (%s)", (family) => {
  const conversation = (address: string) => ({ protocol: "udp", address, port: 91, fromPort: 5555 }) as const;

  test("does not get to the world (egress)", async () => {
    const ask = conversation(hostAddress[family]);
    expect(await outside.ask(ask)).toBe(outsideAddress[family]);
    const packet = udpPacket({ from: outsideAddress[family], to: ask.address }, 5555, 91, "x");
    expect(await isPassedOn(family, outsideAddress[family], packet)).toBe(false);
  });

  test("does not get to the host (D7)", async () => {
    const ask = conversation(outsideAddress[family]);
    expect(await host.ask(ask)).toBe(hostAddress[family]);
    const packet = udpPacket({ from: hostAddress[family], to: ask.address }, 5555, 91, "x");
    expect(await isPassedOn(family, hostAddress[family], packet)).toBe(false);
  });

  test("does not get to a container of another group (D5)", async () => {
    const ask = conversation(hostAddress[family]);
    expect(await bob.namespace.ask(ask)).toBe(bob[family]);
    const packet = udpPacket({ from: bob[family], to: ask.address }, 5555, 91, "x");
    expect(await isPassedOn(family, bob[family], packet)).toBe(false);
  });

  test("is passed on when they are", async () => {
    const ask = { ...conversation(hostAddress[family]), port: 8080 };
    expect(await outside.ask(ask)).toBe(outsideAddress[family]);
    const packet = udpPacket({ from: outsideAddress[family], to: mallory[family] }, 5555, 80, "x");
    expect(await isPassedOn(family, outsideAddress[family], packet)).toBe(true);
    expect(isIP(await host.ask({ ...conversation(mallory[family]), port: 80 }))).toBeGreaterThan(0);
    const gateway = { ipv4: "10.20.0.1", ipv6: "fd00:20::1" }[family];
    const asked = udpPacket({ from: gateway, to: mallory[family] }, 5555, 80, "x");
    expect(await isPassedOn(family, gateway, asked)).toBe(true);
  });
});
