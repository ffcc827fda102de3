import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { RoundTrip } from "../fixtures/filter-driver.ts";
import { bridgeNetwork, FilteredHost, hostAddress, outsideAddress } from "../fixtures/filtered-host.ts";
import { waitFor } from "../fixtures/wait-for.ts";
import type { Bench, Scenario } from "./scenario.ts";
import { timeCalls } from "./time-calls.ts";
import { timeTransfers } from "./time-transfers.ts";

const bridge = "lab0";

/** What netd's filter adds to an attach and a detach by the bridge plugin, with few and with many in place. */
export async function attachBesideMany({ stack }: Bench): Promise<Scenario> {
  const [many, one] = [await hostWith(stack, 900), await hostWith(stack, 1)];
  return {
    id: "attach-beside-900",
    title: "attach and detach: what the filter adds to the bridge plugin",
    time: (rounds) =>
      timeCalls(
        [
          { name: "beside 900", call: async () => (await many()).filterMs },
          { name: "beside 1", call: async () => (await one()).filterMs },
          { name: "the plugin itself, beside 900", call: async () => (await many()).pluginMs },
          { name: "the plugin itself, beside 1", call: async () => (await one()).pluginMs },
        ],
        rounds,
      ),
    bounds: [
      { peer: "beside 1", atMost: 1.25 },
      { peer: "the plugin itself, beside 1", atMost: 0.5 },
    ],
    isPull: false,
  };
}

/** A host with so many attachments; what is returned makes one more and takes it away. */
async function hostWith(stack: AsyncDisposableStack, count: number): Promise<() => Promise<RoundTrip>> {
  const filtered = stack.use(await FilteredHost.start());
  const ends = await filtered.namespace(filtered.host.users.bob);
  await filtered.driverRequest("fill", { bridge, count, ends });
  await filtered.shell(
    `seq --format='link set other%.0f up' ${count} | nsenter --target=${ends} --net ip -batch -`,
  );
  const pid = await filtered.namespace(filtered.host.users.alice);
  const network = bridgeNetwork(bridge, 0);
  const plugin = { ...network, ipam: { ...network.ipam, dataDir: join(filtered.host.directory, "leases") } };
  const grants = { isolationGroup: "alice", egress: "any", masquerade: true, connections: 1000 } as const;
  return async () =>
    (await filtered.driverRequest("roundTrip", {
      id: randomBytes(16).toString("hex"),
      netns: `/proc/${pid}/ns/net`,
      network: "lab",
      plugin,
      grants,
    })) as RoundTrip;
}

const inNamespace = (pid: number) => [
  "nsenter",
  `--target=${pid}`,
  "--user",
  "--net",
  "--preserve-credentials",
];

/** As on a machine on which nobody has loaded br_netfilter, with which all frames of bridges go through iptables, too. */
const plainBridges = "sysctl --quiet --ignore net.bridge.bridge-nf-call-iptables=0";

interface Place {
  readonly filtered: FilteredHost;
  readonly serveIn: (pid: number) => Promise<void>;
}

async function placeWith({ stack }: Bench): Promise<Place> {
  const filtered = stack.use(await FilteredHost.start());
  await filtered.outside();
  await filtered.shell(plainBridges);
  const serveIn = async (pid: number) => {
    const server = ["nsenter", `--target=${pid}`, "--net", "iperf3", "-s", "--forceflush"];
    await filtered.host.spawnAsRoot(server).waitForOutput(/Server listening/);
  };
  return { filtered, serveIn };
}

interface Bare {
  /** A namespace on a bridge. */
  readonly from: number;
  /** Of the namespace in which that bridge is. */
  readonly host: number;
}

/** A bridge in a namespace with no table at all: 10.50.0.254; two namespaces on it: 10.50.0.1 and 10.50.0.2. */
async function bareBridge({ filtered, serveIn }: Place): Promise<Bare> {
  const { alice } = filtered.host.users;
  const [host, from, to] = [
    await filtered.namespace(alice),
    await filtered.namespace(alice),
    await filtered.namespace(alice),
  ];
  const within = (pid: number, script: string) =>
    filtered.shell(`nsenter --target=${pid} --net sh -euc '${script}'`);
  await within(
    host,
    `${plainBridges}; ip link add bare0 type bridge; ip addr add 10.50.0.254/24 dev bare0; ip link set bare0 up`,
  );
  for (const [index, pid] of [from, to].entries()) {
    const port = `bare${index + 1}`;
    await within(
      host,
      `ip link add ${port} type veth peer name eth0 netns ${pid}; ip link set ${port} master bare0 up`,
    );
    await within(pid, `ip addr add 10.50.0.${index + 1}/24 dev eth0; ip link set eth0 up`);
  }
  await serveIn(to);
  return { from, host };
}

/**
 * Users may open the tun device, as on any usual machine. pasta takes the host's default route for a model, and gives
 * its gateway's address to the host: what is sent there goes through its tap device, and is not spliced.
 */
async function allowTun({ filtered }: Place): Promise<void> {
  await filtered.shell(`mount -t tmpfs -o mode=755 none /dev/net; mknod -m 666 /dev/net/tun c 10 200
    ip route add default via ${outsideAddress.ipv4}`);
}

/** A namespace that pasta connects. @param published ports of the host and its own, "5301:5201", or "none" */
async function pastaNamespace({ filtered }: Place, published: string): Promise<number> {
  const { alice } = filtered.host.users;
  const pid = await filtered.namespace(alice);
  const udp = ["--udp-ports", "none", "--udp-ns", "none"];
  const tcp = ["--tcp-ports", published, "--tcp-ns", "none"];
  filtered.host.spawnAsUser(alice, ["pasta", "--foreground", "--config-net", ...tcp, ...udp, `${pid}`]);
  const routes = () => filtered.shell(`nsenter --target=${pid} --net ip route`);
  await waitFor(async () => (await routes()).includes("default"), { what: "pasta's default route" });
  return pid;
}

export async function transferBetween(bench: Bench): Promise<Scenario> {
  const place = await placeWith(bench);
  const { filtered, serveIn } = place;
  const { alice } = filtered.host.users;
  const grants = { isolationGroup: "alice", egress: "any", masquerade: true, connections: 1000 } as const;
  const [from, to] = [
    await filtered.attach(alice, "lab", bridgeNetwork(bridge, 0), grants),
    await filtered.attach(alice, "lab", bridgeNetwork(bridge, 0), grants),
  ];
  await serveIn(to.namespace.pid);
  const bare = await bareBridge(place);
  await allowTun(place);
  const [client, server] = [await pastaNamespace(place, "none"), await pastaNamespace(place, "5301:5201")];
  await serveIn(server);
  const contestants = [
    { name: "netd", place: inNamespace(from.namespace.pid), address: to.ipv4 },
    { name: "bare veth and bridge", place: inNamespace(bare.from), address: "10.50.0.2" },
    {
      name: "pasta, by a published port",
      place: inNamespace(client),
      address: outsideAddress.ipv4,
      port: 5301,
    },
  ];
  return {
    id: "transfer-between",
    title: "TCP between two containers",
    unit: "Gbit/s",
    time: (rounds) => timeTransfers(filtered.host, alice, contestants, rounds),
    bounds: [
      { peer: "bare veth and bridge", atLeast: 0.9 },
      { peer: "pasta, by a published port", atLeast: 3 },
    ],
    isPull: true,
  };
}

export async function transferToHost(bench: Bench): Promise<Scenario> {
  const place = await placeWith(bench);
  const { filtered, serveIn } = place;
  const { alice } = filtered.host.users;
  const from = await filtered.attach(alice, "lab", bridgeNetwork(bridge, 0), { hostAccess: "all" });
  const bare = await bareBridge(place);
  for (const pid of [filtered.host.place.pid, bare.host]) await serveIn(pid);
  await allowTun(place);
  const slirp = await filtered.namespace(alice);
  const program = ["slirp4netns", "--configure", "--mtu=65520", `${slirp}`, "tap0"];
  await filtered.host.spawnAsUser(alice, program).waitForOutput(/received tapfd/);
  const pasta = await pastaNamespace(place, "none");
  const contestants = [
    { name: "netd", place: inNamespace(from.namespace.pid), address: hostAddress.ipv4 },
    { name: "bare veth and bridge", place: inNamespace(bare.from), address: "10.50.0.254" },
    { name: "slirp4netns", place: inNamespace(slirp), address: "10.0.2.2" },
    { name: "pasta", place: inNamespace(pasta), address: outsideAddress.ipv4 },
  ];
  return {
    id: "transfer-to-host",
    title: "TCP from a container to the host",
    unit: "Gbit/s",
    time: (rounds) => timeTransfers(filtered.host, alice, contestants, rounds),
    bounds: [
      { peer: "bare veth and bridge", atLeast: 0.9 },
      { peer: "slirp4netns", atLeast: 3 },
      { peer: "pasta", atLeast: 3 },
    ],
    isPull: true,
  };
}
