import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { busyboxImage, debianImage } from "../fixtures/images.ts";
import { processesOf } from "../fixtures/processes.ts";
import type { RunningCommand } from "../fixtures/running-command.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let host: TestHost;
let netd: RunningCommand;
let image: string;
let largeImage: string;
beforeAll(async () => {
  host = await TestHost.start();
  const registry = await host.startRegistry();
  image = await registry.push(await busyboxImage(), "alpine:3.6");
  largeImage = await registry.push(await debianImage(), "debian:12");
  netd = await host.startNetd();
});
afterAll(() => host[Symbol.asyncDispose]());

/** A line of shell as a user; throws when it fails. */
async function shell(user: TestUser, line: string): Promise<string> {
  const argv = ["sh", "-c", line];
  return checked(argv, await host.asUser(user, argv)).stdout;
}

async function addressOf(name: string): Promise<string> {
  const list = await shell(host.users.alice, "cntnr ps");
  const line = list.split("\n").find((row) => row.includes(name)) ?? "";
  return /10\.20\.0\.\d+/.exec(line)?.[0] ?? `no address in: ${list}`;
}

test("two containers of one user talk over the admin's network, and nothing is left of them", async () => {
  const { alice } = host.users;
  await shell(alice, `cntnr run -d --network lab --name web ${image} httpd -f -p 80 -h /www`);
  const address = await addressOf("web");
  await host.waitForServer(`http://${address}`);
  expect(await shell(alice, `cntnr run --rm --network lab ${image} wget -qO- http://${address}`)).toBe(
    "hello from www\n",
  );
  await shell(alice, "cntnr stop -t 1 web && cntnr rm web");
  const events = "cntnr events --until 0s --since 1h -f type=network --format '{{.Action}} {{.Actor.ID}}'";
  expect(await shell(alice, events)).toBe(`${"connect lab\n".repeat(2)}${"disconnect lab\n".repeat(2)}`);
  await host.waitForNoResidue();
});

test("a container finds its own name and address in /etc/hosts", async () => {
  const script = "grep $(hostname) /etc/hosts; ip -4 -o addr show eth0";
  const output = await shell(
    host.users.alice,
    `cntnr run --rm --hostname box --network lab ${image} sh -c '${script}'`,
  );
  const address = /inet (10\.20\.0\.\d+)\/24/.exec(output)?.[1];
  expect(output).toContain(`${address}\tbox`);
  await host.waitForNoResidue();
});

test("a hosts file that the user has bound over the container's stays as it is", async () => {
  const { alice } = host.users;
  await shell(alice, "echo 192.0.2.1 mine >hosts");
  const printed = await shell(
    alice,
    `cntnr run --rm --hostname box --network lab -v ./hosts:/etc/hosts ${image} cat /etc/hosts`,
  );
  expect(printed).toBe("192.0.2.1 mine\n");
  expect(await shell(alice, "cat hosts")).toBe("192.0.2.1 mine\n");
  await host.waitForNoResidue();
});

test.each([
  ["run --rm", 125],
  ["bundle create -b refused", 1],
] as const)(
  "a refusal ends the pull that was begun beside it, and nothing of that is left: %s",
  async (command, failure) => {
    const { bob } = host.users;
    const argv = ["sh", "-c", `cntnr ${command} --network lab ${largeImage} true`];
    const { exitCode, stderr } = await host.asUser(bob, argv);
    expect([exitCode, stderr]).toEqual([failure, expect.stringContaining("you are not permitted to use it")]);
    const store = host.storeOf(bob);
    expect(readdirSync(join(store, "tmp"))).toEqual([]);
    expect(processesOf(host).filter(({ name }) => name === "skopeo")).toEqual([]);
  },
);

test("network ls shows what is granted and what is left", async () => {
  const { alice, bob } = host.users;
  await shell(alice, `cntnr run -d --network lab --name one ${image} sleep 1000`);
  const list = await shell(alice, "cntnr network ls");
  expect(list).toMatch(/^lab\s+bridge\s+1\/8\s+\S.*group:cntnr-dev/m);
  expect((await shell(bob, "cntnr network ls")).trim().split("\n")).toHaveLength(1);
  await shell(alice, "cntnr rm -f one");
  await host.waitForNoResidue();
});

test("a user without a grant gets one line with a reference that the admin finds, and exit code 125", async () => {
  const { bob } = host.users;
  const argv = ["cntnr", "run", "--rm", "--network", "lab", image, "true"];
  const { exitCode, stderr, stdout } = await host.asUser(bob, argv);
  expect(exitCode).toBe(125);
  expect(stdout).toBe("");
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toMatch(/network lab: you are not permitted to use it \(reference [2-9A-HJ-NP-Z]{10}: /);
  const reference = /reference (\w+)/.exec(stderr)?.[1];
  const line = host.auditLines().find(({ ref }) => ref === reference);
  expect(line).toMatchObject({ event: "deny", network: "lab", subject: { uid: bob.uid } });
});

test("an unknown network and a forbidden one are told apart by nothing but the reference (N3)", async () => {
  const { bob } = host.users;
  const refusal = async (network: string) =>
    (await host.asUser(bob, ["cntnr", "run", "--rm", "--network", network, image, "true"])).stderr
      .replace(/reference \w+/, "reference R")
      .replaceAll(network, "NET");
  expect(await refusal("nosuch")).toBe(await refusal("lab"));
});

test("the quota is what the policy says, also for those who ask at once (Q7)", async () => {
  const { alice } = host.users;
  const names = Array.from({ length: 10 }, (_, index) => `quota${index}`);
  const results = await Promise.all(
    names.map((name) =>
      host.asUser(alice, ["cntnr", "run", "-d", "--network", "lab", "--name", name, image, "sleep", "1000"]),
    ),
  );
  const refused = results.filter(({ exitCode }) => exitCode === 125);
  expect(results.filter(({ exitCode }) => exitCode === 0)).toHaveLength(8);
  expect(refused).toHaveLength(2);
  for (const { stderr } of refused) expect(stderr).toContain("quota of attachments is used up");
  // In the foreground netd's line is all that is printed, and none of the runtime's words around it.
  for (const flags of [["--rm"], ["--name", "refused"]]) {
    const argv = ["cntnr", "run", ...flags, "--network", "lab", image, "echo", "ran"];
    const { exitCode, stdout, stderr } = await host.asUser(alice, argv);
    expect([exitCode, stdout]).toEqual([125, ""]);
    expect(stderr).toMatch(/^cntnr: network lab: .*quota of attachments is used up.*\n$/);
  }
  await shell(alice, `cntnr rm -f $(cntnr ps -aq)`);
  await host.waitForNoResidue();
});

test("netd restarted: containers keep their network, and are cleaned up after by the new one (F7)", async () => {
  const { alice } = host.users;
  await shell(alice, `cntnr run -d --network lab --name web ${image} httpd -f -p 80 -h /www`);
  const address = await addressOf("web");
  await host.waitForServer(`http://${address}`);
  netd.kill("SIGTERM");
  expect(await netd.exited).toBe(0);
  const fetch = `timeout 30 wget -qO- http://${address}`;
  expect(checked(["wget"], await host.asRoot(["sh", "-c", fetch])).stdout).toBe("hello from www\n");
  netd = await host.startNetd();
  expect(await shell(alice, `cntnr run --rm --network lab ${image} ${fetch}`)).toBe("hello from www\n");
  await shell(alice, "cntnr stop -t 1 web && cntnr rm web");
  await host.waitForNoResidue();
});

test("netd killed while containers run: the next one takes over, and ends what ended meanwhile (F7, F12)", async () => {
  const { alice } = host.users;
  await shell(alice, `cntnr run -d --network lab --name stays ${image} httpd -f -p 80 -h /www`);
  await shell(alice, `cntnr run -d --network lab --name goes ${image} sleep 1000`);
  const address = await addressOf("stays");
  await host.waitForServer(`http://${address}`);
  netd.kill("SIGKILL");
  await netd.exited;
  await shell(alice, "cntnr kill goes; cntnr wait goes");
  netd = await host.startNetd();
  expect(
    await shell(alice, `cntnr run --rm --network lab ${image} timeout 30 wget -qO- http://${address}`),
  ).toBe("hello from www\n");
  await waitFor(async () => (await host.residue()).records.length === 1, {
    what: "the end of the dead one's",
  });
  await shell(alice, "cntnr rm -f stays goes");
  await host.waitForNoResidue();
});

test("without netd the message says so, and the host's network works", async () => {
  netd.kill("SIGTERM");
  await netd.exited;
  const { alice } = host.users;
  const refused = await host.asUser(alice, ["cntnr", "run", "--rm", "--network", "lab", image, "true"]);
  expect(refused.exitCode).toBe(125);
  expect(refused.stderr).toMatch(/^cntnr: .*cntnr-netd .*\n$/);
  expect(await shell(alice, `cntnr run --rm ${image} echo works`)).toBe("works\n");
  netd = await host.startNetd();
});

test("a bundle gets its network under plain runc, too", async () => {
  const { alice } = host.users;
  await shell(alice, `cntnr run --name kept --network lab ${image} ip -4 -o addr show eth0`);
  const bundle = await shell(alice, "dirname $(find ~/.local/share/cntnr/containers -name config.json)");
  const run = `runc --root $XDG_RUNTIME_DIR/bare run -b ${bundle.trim()} bare`;
  expect(await shell(alice, run)).toMatch(/inet 10\.20\.0\.\d+\/24/);
  await shell(alice, "cntnr rm kept");
  await host.waitForNoResidue();
});

test("those who are more at once than netd takes connections of one user wait for their turn", async () => {
  await using busy = await TestHost.start();
  const registry = await busy.startRegistry();
  const busyImage = await registry.push(await busyboxImage(), "alpine:3.6");
  await using _ = await busy.startNetd({ args: ["--limit", "connections-per-user=1"] });
  const { alice } = busy.users;
  await checked(["pull"], await busy.asUser(alice, ["cntnr", "image", "pull", busyImage]));
  const run = ["cntnr", "run", "--rm", "--network", "lab", busyImage, "true"];
  const results = await Promise.all(Array.from({ length: 6 }, () => busy.asUser(alice, run)));
  expect(results.map(({ exitCode, stderr }) => `${exitCode} ${stderr}`)).toEqual(
    Array.from({ length: 6 }, () => "0 "),
  );
});
