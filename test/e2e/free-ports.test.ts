import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
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
  for (const [number, name] of ["few", "many", "closed"].entries()) {
    const ipam = { type: "host-local", subnet: `10.3${number}.0.0/24`, routes: [{ dst: "0.0.0.0/0" }] };
    const plugin = { type: "bridge", bridge: `${name}0`, isGateway: true, ipam };
    const conflist = { cniVersion: "1.0.0", name, plugins: [plugin] };
    host.writeConflist(conflist);
  }
  await host.startNetd({
    policy: `[network few]
conflist = few.conflist
[network many]
conflist = many.conflist
[network closed]
conflist = closed.conflist
[allow group:cntnr-dev network:few]
attachments = 4
ports = 443/tcp, 8000-8002/tcp
[allow group:cntnr-dev network:many]
attachments = 4
ports = tcp, udp
[allow group:cntnr-dev network:closed]
attachments = 4
`,
  });
});
afterAll(() => host[Symbol.asyncDispose]());

afterEach(async () => {
  const { alice, carol } = host.users;
  for (const user of [alice, carol])
    await shell(user, 'ids=$(cntnr ps -aq); [ -z "$ids" ] || cntnr rm -f $ids');
  await host.waitForNoResidue();
});

async function shell(user: TestUser, line: string): Promise<string> {
  const argv = ["sh", "-c", line];
  return checked(argv, await host.asUser(user, argv)).stdout;
}

async function refusal(user: TestUser, line: string): Promise<string> {
  const { exitCode, stderr } = await host.asUser(user, ["sh", "-c", line]);
  expect(exitCode).toBe(125);
  return stderr;
}

/** The port of the host that a port of the container is published at. */
async function hostPort(user: TestUser, container: string, port: string): Promise<number> {
  const text = await shell(user, `cntnr port ${container} ${port}`);
  expect(text).toMatch(/^[0-9.]+:\d+\n$/);
  return Number(text.trim().split(":")[1]);
}

const server = "httpd -f -p 80 -h /www";

test("-p with the container's port alone: a high port of the host leads there; ps, port and inspect show it while it runs", async () => {
  const { alice } = host.users;
  await shell(alice, `cntnr run -d --network many --name web -p 80 -p 10.31.0.1::53/udp ${image} ${server}`);
  const [web, names] = [await hostPort(alice, "web", "80"), await hostPort(alice, "web", "53/udp")];
  expect(Math.min(web, names)).toBeGreaterThanOrEqual(49_152);
  await host.waitForServer(`http://10.31.0.1:${web}`);
  expect(await shell(alice, "cntnr ps")).toContain(`0.0.0.0:${web}->80/tcp, 10.31.0.1:${names}->53/udp`);
  const inspect = "cntnr inspect --format '{{json .NetworkSettings.Ports}}' web";
  expect(JSON.parse(await shell(alice, inspect))).toEqual({
    "80/tcp": [{ HostIp: "", HostPort: String(web) }],
    "53/udp": [{ HostIp: "10.31.0.1", HostPort: String(names) }],
  });
  await shell(alice, "cntnr stop -t 0 web");
  expect(JSON.parse(await shell(alice, inspect))).toEqual({});
});

test("a range of the container's ports has as many of the host's, none of them twice", async () => {
  const { alice } = host.users;
  await shell(alice, `cntnr run -d --network many --name web -p 8000-8010 ${image} sleep 1000`);
  const lines = (await shell(alice, "cntnr port web")).trimEnd().split("\n");
  expect(lines.map((line) => line.split("/")[0])).toEqual(
    Array.from({ length: 11 }, (_, index) => String(8000 + index)),
  );
  expect(new Set(lines.map((line) => line.split(":")[1])).size).toBe(11);
});

test("-P publishes what the image and --expose name, and leaves alone what -p publishes already", async () => {
  const { alice } = host.users;
  await shell(alice, `cntnr image create --from=${image} --expose=80 --expose=8443 --tag=exposing`);
  await shell(
    alice,
    `cntnr run -d --network many --name web -P --expose 53/udp -p 18443:8443 exposing ${server}`,
  );
  const ports = await shell(alice, "cntnr port web");
  expect(ports.trimEnd().split("\n").toSorted()).toEqual([
    expect.stringMatching(/^53\/udp -> 0\.0\.0\.0:\d+$/),
    expect.stringMatching(/^80\/tcp -> 0\.0\.0\.0:\d+$/),
    "8443/tcp -> 0.0.0.0:18443",
  ]);
  await host.waitForServer(`http://10.31.0.1:${await hostPort(alice, "web", "80")}`);
  await shell(alice, "cntnr rm -f web");
  // Nothing is exposed, and so nothing published.
  await shell(alice, `cntnr run -d --network many --name web --publish-all ${image} sleep 1000`);
  expect(await shell(alice, "cntnr port web")).toBe("");
  expect(await refusal(alice, `cntnr run --rm -P exposing true`)).toContain(
    "-P: only networks of the administrator's have that",
  );
});

test("a port that a program of the host has, or another user's container, is passed over; without one left it says so", async () => {
  const { alice, carol } = host.users;
  const listener = host.spawnAsRoot(["busybox", "nc", "-l", "-p", "8001"]);
  await waitFor(async () => (await host.asRoot(["sh", "-c", "ss -ltn | grep -q :8001"])).exitCode === 0, {
    what: "the listener",
  });
  await shell(carol, `cntnr run -d --network few --name hers -p 8000:80 ${image} sleep 1000`);
  const run = "cntnr run -d --network few -p 80";
  await shell(alice, `${run} --name web ${image} ${server}`);
  expect(await hostPort(alice, "web", "80")).toBe(8002);
  await host.waitForServer("http://10.30.0.1:8002");
  expect(await refusal(alice, `${run} --rm ${image} true`)).toContain(
    "network few: no tcp port of the host for 80/tcp is free of those that rules give you",
  );
  // One that was named is not exchanged for another.
  expect(await refusal(alice, `cntnr run --rm --network few -p 8001:80 -p 81 ${image} true`)).toContain(
    "network few: port 8001/tcp is in use on the host",
  );
  listener.kill("SIGKILL");
  await listener.exited;
  await shell(alice, `${run} --name second ${image} sleep 1000`);
  expect(await hostPort(alice, "second", "80")).toBe(8001);
});

test("several that start at once get one each, also with --userns keep-id, where no hook attaches", async () => {
  const { alice } = host.users;
  const flags = ["", "--userns keep-id", ""];
  await Promise.all(
    flags.map((flag, index) =>
      shell(alice, `cntnr run -d ${flag} --network few --name web${index} -p 80 ${image} sleep 1000`),
    ),
  );
  const ports = await Promise.all(flags.map((_, index) => hostPort(alice, `web${index}`, "80")));
  expect(ports.toSorted()).toEqual([8000, 8001, 8002]);
});

test("each start chooses anew: what somebody has meanwhile taken is no hindrance", async () => {
  const { alice, carol } = host.users;
  await shell(alice, `cntnr run -d --network few --name web -p 80 ${image} ${server}`);
  const first = await hostPort(alice, "web", "80");
  await shell(alice, "cntnr stop -t 0 web");
  await shell(carol, `cntnr run -d --network few --name hers -p ${first}:80 ${image} sleep 1000`);
  await shell(alice, "cntnr start web");
  const second = await hostPort(alice, "web", "80");
  expect([8000, 8001, 8002].filter((port) => port !== first)).toContain(second);
  await host.waitForServer(`http://10.30.0.1:${second}`);
});

test("without a rule that gives such ports nothing is made, and the reason is said", async () => {
  const { alice, bob } = host.users;
  expect(await refusal(alice, `cntnr run --network closed -p 80 ${image} true`)).toContain(
    "network closed: no free tcp port of the host for 80/tcp can be chosen: no rule gives you any from 1024 on",
  );
  expect(await refusal(alice, `cntnr run --network few -p 53/udp ${image} true`)).toContain(
    "no free udp port of the host for 53/udp can be chosen",
  );
  expect(await refusal(alice, `cntnr run --network closed -P --expose 80 ${image} true`)).toContain(
    "no rule gives you any",
  );
  expect(await refusal(bob, `cntnr run --network few -p 80 ${image} true`)).toContain(
    "you are not permitted to use it (reference",
  );
  expect(await shell(alice, "cntnr ps -aq")).toBe("");
});

test("a bundle has them, too", async () => {
  const { alice } = host.users;
  await shell(alice, `cntnr image create --from=${image} --expose=80 --tag=exposing`);
  await shell(alice, "cntnr bundle create -b web --network many -P exposing ip addr show eth0");
  expect(await shell(alice, "cat ~/.local/share/cntnr/bundles/web/config.json")).toContain(
    '\\"hostPort\\":\\"free\\",\\"containerPort\\":80',
  );
  expect(await shell(alice, "cntnr bundle run web")).toContain("inet 10.31.0.");
  await shell(alice, "cntnr bundle rm web");
});
