import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { linkLocalAddress } from "../../netd/filter/attachment.ts";
import {
  type AttachedContainer,
  bridgeNetwork,
  FilteredHost,
  type NetworkNamespace,
} from "../fixtures/filtered-host.ts";
import {
  addressed,
  honestFrames,
  type Identity,
  lldp,
  otherFrames,
  say,
  serverFrames,
  spoofedFrames,
  strangerMac,
} from "../fixtures/hostile-frames.ts";
import { waitFor } from "../fixtures/wait-for.ts";

/** Root in a namespace of alice's writes frames by hand. What must not be said, neither bob's namespace nor the host hears. */
let filtered: FilteredHost;
let host: NetworkNamespace;
let alice: AttachedContainer;
let bob: AttachedContainer;
/** Of another isolation group than they are. */
let carol: AttachedContainer;
const gateway: Identity = { mac: "", ipv4: "10.20.0.1", ipv6: "fd00:20::1", linkLocal: "" };

beforeAll(async () => {
  filtered = await FilteredHost.start();
  host = await filtered.inHost();
  const network = bridgeNetwork("lab0", 0);
  const grants = { isolationGroup: "everyone", hostAccess: "all" } as const;
  alice = await filtered.attach(filtered.host.users.alice, "lab", network, grants);
  bob = await filtered.attach(filtered.host.users.bob, "lab", network, grants);
  carol = await filtered.attach(filtered.host.users.bob, "lab", network, { isolationGroup: "carol" });
  for (const { namespace } of [bob, carol]) await namespace.capture("eth0");
  await host.capture("lab0");
});
afterAll(() => filtered[Symbol.asyncDispose]());

function identityOf({ attachment: { mac }, ipv4, ipv6 }: AttachedContainer): Identity {
  return { mac, ipv4, ipv6, linkLocal: linkLocalAddress(mac) };
}

let serial = 4000;

/** Sends a frame and then, on the same way, one that arrives; returns who has got the first one until then. */
async function whoHears(frame: Buffer): Promise<string[]> {
  const marker = say(alice.attachment.mac, alice.ipv4, "10.20.0.255", 1000, ++serial);
  await alice.namespace.send("eth0", frame, marker);
  // Its end: a packet socket gets it without tags, and a bridge that calls iptables puts fragments together.
  const sign = frame.subarray(-Math.min(36, frame.length - 22)).toString("hex");
  const hears = async (where: NetworkNamespace) => {
    const frames: string[] = [];
    await waitFor(
      async () => {
        frames.push(...(await where.frames()));
        return frames.includes(marker.toString("hex"));
      },
      { what: "the frame after it" },
    );
    return frames.some((text) => text.includes(sign));
  };
  const inBob = await hears(bob.namespace);
  const inHost = await hears(host);
  return [...(inBob ? ["bob"] : []), ...(inHost ? ["the host"] : [])];
}

/** Where bridges call iptables, what is no sound packet goes no further than there. */
describe.each([
  ["with br_netfilter", 1],
  ["without br_netfilter", 0],
])("%s", (_, bridgesCallIptables) => {
  beforeAll(async () => {
    const names = ["iptables", "ip6tables"].map((name) => `net.bridge.bridge-nf-call-${name}`);
    await filtered.shell(`sysctl -qw ${names.map((name) => `${name}=${bridgesCallIptables}`).join(" ")}`);
  });

  describe("everybody hears an honest system say", () => {
    test.each([...honestFrames])("%s: %s", async (_, __, make) => {
      const frame = make(identityOf(alice), identityOf(bob), gateway);
      expect(await whoHears(frame)).toEqual(["bob", "the host"]);
      expect(await whoHears(addressed(frame, bob.attachment.mac))).toEqual(["bob"]);
    });
  });

  test("whoever is of another group hears nothing, though his MAC is known (D5)", async () => {
    const frames = honestFrames.map(([, , make]) => make(identityOf(alice), identityOf(carol), gateway));
    const toCarol = frames.map((frame) => addressed(frame, carol.attachment.mac));
    await alice.namespace.send("eth0", ...frames, ...toCarol);
    expect(await whoHears(say(alice.attachment.mac, alice.ipv4, bob.ipv4))).toEqual(["bob", "the host"]);
    const heard = await carol.namespace.frames();
    expect(heard.filter((frame) => frame.includes(alice.attachment.mac.replaceAll(":", "")))).toEqual([]);
  });

  describe("nobody hears", () => {
    test.each([...spoofedFrames, ...serverFrames, ...otherFrames])("%s: %s", async (_, __, make) => {
      const frame = make(identityOf(alice), identityOf(bob), gateway);
      expect(await whoHears(frame)).toEqual([]);
      expect(await whoHears(addressed(frame, bob.attachment.mac))).toEqual([]);
    });
  });
});

const asRootOf = ({ namespace: { pid } }: AttachedContainer, script: string) =>
  filtered.shell(`nsenter --target=${pid} --user --net --setuid=0 --setgid=0 sh -euc '${script}'`);

describe("root in a container gains nothing", () => {
  const ask = { protocol: "tcp", port: 80, timeoutMs: 20_000 } as const;
  beforeAll(() => bob.namespace.serve("tcp", 80, "0.0.0.0"));

  test("by adding an address (D11)", async () => {
    expect(await alice.namespace.ask({ ...ask, address: bob.ipv4 })).toBe(alice.ipv4);
    await asRootOf(alice, "ip addr add 10.20.0.77/24 dev eth0");
    const route = `ip route replace ${bob.ipv4} dev eth0 src`;
    await asRootOf(alice, `${route} 10.20.0.77`);
    expect(await alice.namespace.ask({ ...ask, address: bob.ipv4, timeoutMs: 1000 })).toBe("no answer");
    await asRootOf(alice, `${route} ${alice.ipv4}`);
    expect(await alice.namespace.ask({ ...ask, address: bob.ipv4 })).toBe(alice.ipv4);
  });

  test("by taking another MAC (D1)", async () => {
    await asRootOf(alice, `ip link set eth0 address ${strangerMac}`);
    expect(await alice.namespace.ask({ ...ask, address: bob.ipv4, timeoutMs: 1000 })).toBe("no answer");
    await asRootOf(alice, `ip link set eth0 address ${alice.attachment.mac}`);
    expect(await alice.namespace.ask({ ...ask, address: bob.ipv4 })).toBe(alice.ipv4);
  });

  test("by teaching the bridge where a MAC is, in frames that it looks at before any table does (D8)", async () => {
    await whoHears(lldp(strangerMac));
    await whoHears(lldp(bob.attachment.mac));
    const entries = await filtered.shell("bridge fdb show br lab0");
    expect(entries).not.toContain(strangerMac);
    const { name } = bob.attachment.hostEnd;
    expect(entries).toContain(`${bob.attachment.mac} dev ${name} sticky master lab0 static`);
  });
});

test("a port learns nothing, floods nothing unknown, and takes no part in spanning trees (D4, D8)", async () => {
  const { name } = alice.attachment.hostEnd;
  const flags = await filtered.shell(`bridge -d link show dev ${name}`);
  for (const flag of ["guard on", "root_block on", "learning off", " flood off", "isolated off"])
    expect(flags).toContain(flag);
});

test("a port is no address of the host's, and adds nothing to its routes (D7)", async () => {
  const { name } = alice.attachment.hostEnd;
  expect(await filtered.shell(`ip addr show dev ${name}`)).not.toContain("inet");
  expect(await filtered.shell("ip -6 route show table all")).not.toContain(name);
});

test("the host takes no routes from a network of containers, and gives none away (D3)", async () => {
  const settings = [
    "ipv6.conf.lab0.accept_ra",
    "ipv6.conf.lab0.accept_redirects",
    "ipv4.conf.lab0.send_redirects",
  ];
  for (const setting of settings) expect(await filtered.shell(`sysctl -n net.${setting}`)).toBe("0\n");
});

test("packets that need fragments arrive (D2)", async () => {
  await asRootOf(
    alice,
    `busybox ping -c 1 -W 5 -s 4000 ${bob.ipv4} && busybox ping -6 -c 1 -W 5 -s 4000 ${bob.ipv6}`,
  );
});
