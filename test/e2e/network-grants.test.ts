import { afterAll, beforeAll, expect, test } from "bun:test";
import { busyboxImage } from "../fixtures/images.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let host: TestHost;
let image: string;
beforeAll(async () => {
  host = await TestHost.start();
  const registry = await host.startRegistry();
  image = await registry.push(await busyboxImage(), "alpine:3.6");
  const ranges = [[{ subnet: "10.30.0.0/24" }], [{ subnet: "fd30::/64" }]];
  const routes = [{ dst: "0.0.0.0/0" }, { dst: "::/0" }];
  const capabilities = { ips: true, mac: true };
  const bridge = { type: "bridge", bridge: "dual0", isGateway: true, capabilities };
  const dual = { ...bridge, ipam: { type: "host-local", ranges, routes } };
  writeConflist("dual", dual);
  writeConflist("direct", { type: "ptp", ipam: { type: "host-local", subnet: "10.31.0.0/24" } });
  await host.startNetd({
    policy: `[network dual]
conflist = dual.conflist
isolation = user
[network direct]
conflist = direct.conflist
isolation = open
[allow group:cntnr-dev network:dual]
attachments = 4
static-ips = 10.30.0.64/27, fd30::/64
mac = chosen
ports = 8000-8099/tcp, 8000-8099/udp
published-ports = 3
bandwidth = 500M
[allow group:cntnr-dev network:direct]
attachments = 4
`,
  });
});
afterAll(() => host[Symbol.asyncDispose]());

function writeConflist(name: string, plugin: object): void {
  const conflist = { cniVersion: "1.0.0", name, plugins: [plugin] };
  host.writeConflist(conflist);
}

async function shell(user: TestUser, line: string): Promise<string> {
  const argv = ["sh", "-c", line];
  return checked(argv, await host.asUser(user, argv)).stdout;
}

async function onHost(line: string): Promise<string> {
  const argv = ["sh", "-c", line];
  return checked(argv, await host.asRoot(argv)).stdout;
}

async function refusal(line: string): Promise<string> {
  const { exitCode, stderr } = await host.asUser(host.users.alice, ["sh", "-c", line]);
  expect(exitCode).toBe(125);
  return stderr;
}

const server = "httpd -f -p 80 -h /www";

test("a published port leads to the container, from the host and in both families; ps, port and inspect show it", async () => {
  const { alice } = host.users;
  await shell(alice, `cntnr run -d --network dual --name web -p 8080:80 -p 8053:53/udp ${image} ${server}`);
  await host.waitForServer("http://10.30.0.1:8080");
  for (const address of ["10.30.0.1", "[fd30::1]"])
    expect(await onHost(`curl -sS --max-time 30 http://${address}:8080`)).toBe("hello from www\n");
  expect(await shell(alice, "cntnr ps")).toContain("0.0.0.0:8080->80/tcp, 0.0.0.0:8053->53/udp");
  expect(await shell(alice, "cntnr port web")).toBe("80/tcp -> 0.0.0.0:8080\n53/udp -> 0.0.0.0:8053\n");
  expect(await shell(alice, "cntnr port web 53/udp")).toBe("0.0.0.0:8053\n");
  const ports = await shell(alice, `cntnr inspect --format '{{json .NetworkSettings.Ports}}' web`);
  expect(JSON.parse(ports)).toEqual({
    "80/tcp": [{ HostIp: "", HostPort: "8080" }],
    "53/udp": [{ HostIp: "", HostPort: "8053" }],
  });
  await shell(alice, "cntnr rm -f web");
  expect(await shell(alice, "cntnr ps -aq")).toBe("");
  await host.waitForNoResidue();
});

test("a port that is published on all addresses of one family is published in no other", async () => {
  const { alice } = host.users;
  await shell(
    alice,
    `cntnr run -d --network dual --name web -p 0.0.0.0:8080:80 -p [::]:8081:80 ${image} ${server}`,
  );
  const answers = async (port: number) => {
    const ask = (address: string) =>
      host.asRoot(["curl", "-sS", "--max-time", "5", `http://${address}:${port}`]);
    const asked = await Promise.all(["10.30.0.1", "[fd30::1]"].map(ask));
    return asked.map(({ exitCode }) => exitCode === 0);
  };
  await host.waitForServer("http://10.30.0.1:8080");
  expect([await answers(8080), await answers(8081)]).toEqual([
    [true, false],
    [false, true],
  ]);
  expect(await shell(alice, "cntnr port web 80")).toBe("0.0.0.0:8080\n[::]:8081\n");
  // The other family's port of that number is somebody else's to have.
  await shell(alice, `cntnr run -d --network dual --name other -p [::]:8080:80 ${image} ${server}`);
  await host.waitForServer("http://[fd30::1]:8080");
  expect([await answers(8080), await answers(8081)]).toEqual([
    [true, true],
    [false, true],
  ]);
  await shell(alice, "cntnr rm -f web other");
  await host.waitForNoResidue();
});

test("published ports have a quota, which network ls and inspect show", async () => {
  const { alice } = host.users;
  await shell(alice, `cntnr run -d --network dual --name web -p 8080:80 -p 8053:53/udp ${image} sleep 1000`);
  expect(await shell(alice, "cntnr network ls")).toMatch(/^dual +bridge +1\/4 +2\/3 /m);
  const [network] = JSON.parse(await shell(alice, "cntnr network inspect dual"));
  expect(network).toMatchObject({ portsUsed: 2, portsLimit: 3 });
  expect(await refusal(`cntnr run --rm --network dual -p 8081:80 -p 8082:80 ${image} true`)).toContain(
    "your quota of published ports is used up",
  );
  expect(host.auditLines().at(-1)?.reason).toContain("2 of 3 published ports are in use, 2 more are wanted");
  // What is more than all of the quota no waiting gives.
  expect(await refusal(`cntnr run --rm --network dual -p 8081-8084:81-84 ${image} true`)).toContain(
    "not permitted",
  );
  await shell(alice, `cntnr run --rm --network dual -p 8081:80 ${image} true`);
  await shell(alice, "cntnr rm -f web");
  await host.waitForNoResidue();
});

test("a port that somebody has is refused, whoever it is, and free again when its container has ended (R11)", async () => {
  const { alice, carol } = host.users;
  await shell(alice, `cntnr run -d --network dual --name web -p 8080:80 ${image} ${server}`);
  const other = `cntnr run --rm --network dual -p 8080:80 ${image} true`;
  const argv = ["sh", "-c", other];
  expect((await host.asUser(carol, argv)).stderr).toContain("port 8080/tcp is in use on the host");
  expect((await host.asRoot(["busybox", "nc", "-l", "-p", "8080"], { timeoutMs: 5000 })).stderr).toContain(
    "Address already in use",
  );
  await shell(alice, "cntnr rm -f web");
  await waitFor(async () => (await host.asUser(carol, argv)).exitCode === 0, { what: "the port" });
  await host.waitForNoResidue();
});

test("addresses and a MAC of one's choice, of both families", async () => {
  const { alice } = host.users;
  const flags = "--ip 10.30.0.77 --ip6 fd30::77 --mac-address 02:00:00:00:00:77";
  const output = await shell(alice, `cntnr run --rm --network dual ${flags} ${image} ip -o addr show eth0`);
  expect(output).toMatch(/inet 10\.30\.0\.77\/24/);
  expect(output).toMatch(/inet6 fd30::77\/64/);
  const link = await shell(alice, `cntnr run --rm --network dual ${flags} ${image} ip -o link show eth0`);
  expect(link).toContain("02:00:00:00:00:77");
  await host.waitForNoResidue();
});

test("what no rule gives is refused before anything is made, and the audit log says what it was", async () => {
  const reasonFor = async (flags: string) => {
    expect(await refusal(`cntnr run --rm --network dual ${flags} ${image} true`)).toContain("not permitted");
    return host.auditLines().at(-1)?.reason;
  };
  expect(await reasonFor("-p 9000:80")).toContain("port 9000/tcp: is in none of the ports given");
  expect(await reasonFor("--ip 10.30.0.7")).toContain(
    "address 10.30.0.7: is in none of the static-ips given",
  );
  expect(await reasonFor("--ip 10.30.0.1")).toContain("is the gateway's address");
  expect(await reasonFor("--ip 192.0.2.7")).toContain("is not an address of the network");
  await host.waitForNoResidue();
});

test("several networks for one container, each with its own address, of which one is routed", async () => {
  const { alice } = host.users;
  const networks = "--network name=dual,ip=10.30.0.80 --network direct";
  const output = await shell(alice, `cntnr run --rm ${networks} ${image} ip -4 -o addr`);
  expect(output).toMatch(/eth0 +inet 10\.30\.0\.80\/24/);
  expect(output).toMatch(/eth1 +inet 10\.31\.0\.\d+\/24/);
  await host.waitForNoResidue();
});

test("network inspect shows all that is granted, by which rule, and what is left", async () => {
  const { alice, bob } = host.users;
  await shell(alice, `cntnr run -d --network dual --name one ${image} sleep 1000`);
  const [network] = JSON.parse(await shell(alice, "cntnr network inspect dual"));
  expect(network).toMatchObject({ name: "dual", used: 1, limit: 4, addressesUsed: 2, free: 998 });
  expect(network.subnets).toEqual(["10.30.0.0/24", "fd30::/64"]);
  expect(network.settings).toMatchObject({ isolation: "user" });
  expect(network.grants).toContainEqual({
    key: "ports",
    value: expect.stringContaining("8000-8099/tcp"),
    grantedBy: expect.stringMatching(/^allow group:cntnr-dev network:dual \(10-test\.conf:\d+\)$/),
  });
  const refused = await host.asUser(bob, ["cntnr", "network", "inspect", "dual"]);
  expect([refused.exitCode, refused.stderr]).toEqual([1, "cntnr: network dual: none that you may use\n"]);
  await shell(alice, "cntnr rm -f one");
  await host.waitForNoResidue();
});
