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
import { ethernet, etherType, udpPacket } from "../fixtures/frames.ts";
import { waitFor } from "../fixtures/wait-for.ts";

/** A place in the world to which only the administrator's own table of routes leads. */
const farAway = { ipv4: "198.51.100.7", ipv6: "2001:db8:7::7" } as const;

/**
 * The packet mark is everybody's: administrators route by it, and keep it with connections. Where bridges call iptables,
 * the host routes after its prerouting hooks what has the seal's mark: so there a rule has to name the bits that it asks for.
 */
describe.each([
  ["with br_netfilter", true, "1/0xffff"],
  ["without br_netfilter", false, "1"],
])("rules of the host's that use marks, %s", (_, bridgesCallIptables, firewallMark) => {
  let filtered: FilteredHost;
  let outside: NetworkNamespace;
  let host: NetworkNamespace;
  let alice: AttachedContainer;
  /** Whom the world knows by his own address. */
  let bob: AttachedContainer;

  beforeAll(async () => {
    filtered = await FilteredHost.start();
    await filtered.haveBridgesCallIptables(bridgesCallIptables);
    outside = await filtered.outside();
    host = await filtered.inHost();
    alice = await filtered.attach(filtered.host.users.alice, "lab", bridgeNetwork("lab0", 0), {
      hostAccess: "all",
      egress: "any",
      masquerade: true,
    });
    bob = await filtered.attach(filtered.host.users.bob, "lab", bridgeNetwork("lab0", 0), { egress: "any" });
    for (const where of [host, outside]) {
      await where.serve("tcp", 90, "::");
      await where.serve("udp", 91, "::");
    }
    await filtered.shell(`nsenter --target=${outside.pid} --net sh -euc '
      ip addr add ${farAway.ipv4}/32 dev lo; ip addr add ${farAway.ipv6}/128 dev lo nodad
      ip route add 10.20.0.0/16 via ${hostAddress.ipv4}; ip route add fd00:20::/32 via ${hostAddress.ipv6}'`);
  });
  afterAll(() => filtered[Symbol.asyncDispose]());

  const ask = (protocol: "tcp" | "udp", address: string, timeoutMs: number) =>
    alice.namespace.ask({ protocol, address, port: protocol === "tcp" ? 90 : 91, timeoutMs });

  test.each(families)("see none of netd's in what a container sends (%s)", async (family) => {
    await filtered.shell(`nft -f - <<END
      table inet theirs {
        set arrived { typeof meta mark . iifname; flags dynamic; size 100; }
        set left { typeof meta mark . oifname; flags dynamic; size 100; }
        chain prerouting {
          type filter hook prerouting priority mangle;
          meta mark != 0 add @arrived { meta mark . iifname }
        }
        chain postrouting {
          type filter hook postrouting priority mangle;
          oifname wan0 ip saddr ${hostAddress.ipv4} meta mark != 0 add @left { meta mark . oifname }
          oifname wan0 ip6 saddr ${hostAddress.ipv6} meta mark != 0 add @left { meta mark . oifname }
        }
      }
END`);
    for (const address of [hostAddress[family], outsideAddress[family]])
      for (const protocol of ["tcp", "udp"] as const)
        expect(isIP(await ask(protocol, address, 20_000))).toBeGreaterThan(0);
    expect(await filtered.shell("nft list table inet theirs")).not.toContain("elements");
    await filtered.shell("nft delete table inet theirs");
  });

  test.each(families)("lead it by the administrator's own routes (%s)", async (family) => {
    const ip = family === "ipv4" ? "ip -4" : "ip -6";
    const match = family === "ipv4" ? "ip" : "ip6";
    await filtered.shell(`${ip} rule add fwmark ${firewallMark} table 77
      ${ip} route add ${farAway[family]} via ${outsideAddress[family]} table 77
      nft -f - <<END
      table inet theirs {
        chain prerouting {
          type filter hook prerouting priority mangle;
          ${match} daddr ${farAway[family]} meta mark set meta mark | 1
        }
      }
END`);
    expect(await ask("tcp", farAway[family], 20_000)).toBe(hostAddress[family]);
    await filtered.shell(`nft delete table inet theirs; ${ip} rule del fwmark ${firewallMark}`);
  });

  test.each(families)(
    "open nothing by what they keep with a connection when netd's tables go (D10, %s)",
    async (family) => {
      const place = { protocol: "udp", address: outsideAddress[family], port: 91, fromPort: 5555 } as const;
      const wan = { from: await filtered.macOf("eth0", outside.pid), to: await filtered.macOf("wan0") };
      const answer = (text: string) => {
        const packet = udpPacket({ from: outsideAddress[family], to: bob[family] }, 91, 5555, text);
        return outside.send("eth0", ethernet(wan, etherType[family], packet));
      };
      await filtered.shell(`nft -f - <<END
        table inet theirs {
          chain prerouting {
            type filter hook prerouting priority mangle;
            meta mark 0 meta mark set ct mark
            ct mark set meta mark
          }
        }
END`);
      expect(await bob.namespace.ask(place)).toBe(bob[family]);
      await bob.namespace.capture("eth0");
      filtered.signal("SIGSTOP");
      await filtered.shell("for family in bridge inet arp; do nft delete table $family cntnr_netd; done");
      await answer("closed");
      filtered.signal("SIGCONT");
      await filtered.shell("nft delete table inet theirs");
      const heard: string[] = [];
      await waitFor(
        async () => {
          await answer("mended");
          heard.push(...(await bob.namespace.frames()));
          return heard.some((frame) => frame.includes(Buffer.from("mended").toString("hex")));
        },
        { what: "the tables" },
      );
      expect(heard.filter((frame) => frame.includes(Buffer.from("closed").toString("hex")))).toEqual([]);
    },
  );
});
