import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requestSchemas } from "../../netd/contract/worker-calls.ts";
import type { NamedDescriptor } from "../fixtures/hostile-front.ts";
import { HostileNetd } from "../fixtures/hostile-netd.ts";
import { HostileOrders, type Victim } from "../fixtures/hostile-orders.ts";
import { noResidue } from "../fixtures/residue.ts";
import type { RunningCommand } from "../fixtures/running-command.ts";
import { runDirectory, TestHost } from "../fixtures/test-host.ts";
import { waitFor } from "../fixtures/wait-for.ts";

/** The most that somebody who has taken the front over can have from each row of the worker's table. */
let host: TestHost;
let netd: HostileNetd;
let orders: HostileOrders;
beforeAll(async () => {
  host = await TestHost.start();
});
afterAll(() => host[Symbol.asyncDispose]());
beforeEach(async () => {
  netd = await HostileNetd.start(host);
  orders = await HostileOrders.begin(host, netd);
});
afterEach(async () => {
  for (const { namespace, client } of victims.splice(0))
    for (const { process } of [namespace, client]) process.kill("SIGKILL");
  await netd.ask("reap", {});
  await waitFor(async () => (await host.residue()).records.length === 0, { what: "the end of all" });
  await netd[Symbol.asyncDispose]();
  expect(await host.residue()).toEqual(noResidue);
});

const victims: Victim[] = [];

/** Somebody who is attached, and connected. */
async function attached(name: "alice" | "bob") {
  const victim = await orders.connect(host.users[name]);
  victims.push(victim);
  const order = orders.order(victim);
  const { value, refusal } = await netd.ask("attach", order);
  expect(refusal).toBeUndefined();
  expect(value).toMatchObject({ uid: host.users[name].uid, state: "attached" });
  return { victim, id: order.id };
}

const records = async () => (await host.residue()).records.toSorted();
const gone = (id: string) =>
  waitFor(async () => !(await records()).includes(id), { what: `the end of ${id}` });

/** An administrator who asks for the status, and waits. */
async function administrator(): Promise<{ client: RunningCommand; connection: NamedDescriptor }> {
  const accepted = netd.accept("admin");
  const client = host.spawnAsRoot(["cntnr-netd", "status", "--run-dir", runDirectory]);
  return { client, connection: await accepted };
}

test("there are no rows but these", () => {
  const rows = ["alive", "attach", "collect", "configure", "detach", "endAny", "health", "identify"];
  expect(Object.keys(requestSchemas).toSorted()).toEqual([...rows, "look", "ready", "reap", "takeBack"]);
});

describe("endAny and collect", () => {
  test("are for a moment in which root is connected, and do then what root could ask: any attachment can be ended", async () => {
    const { id } = await attached("bob");
    const { client, connection } = await administrator();
    expect(await netd.ask("endAny", { connection, id })).toMatchObject({ value: {} });
    await gone(id);
    client.kill("SIGKILL");
    await client.exited;
    const other = await attached("alice");
    const isOver = async () =>
      (await netd.ask("endAny", { connection, id: other.id })).refusal?.code === "denied";
    await waitFor(isOver, { what: "the end of the administrator's connection" });
    expect(await records()).toEqual([other.id]);
  });

  test("take away only what belongs to nothing, whoever asks: what is on record keeps all it has", async () => {
    const { id } = await attached("alice");
    const { connection } = await administrator();
    const before = await host.residue();
    writeFileSync(host.path(join(runDirectory, "leases/lab/10.20.0.200")), "nobody\n");
    const fix = ["pin", "lease", "link", "rule"];
    const { value } = await netd.ask("collect", { connection, fix, discardUnreadable: true });
    expect(value).toMatchObject({ removed: [{ kind: "lease", name: "lab/10.20.0.200" }], missing: [] });
    expect(await host.residue()).toEqual(before);
    expect(await records()).toEqual([id]);
  });

  test("are denied on a user's connection, and on none (P2)", async () => {
    const { victim, id } = await attached("alice");
    for (const connection of [victim.connection, await netd.given("admin"), await netd.make("pair")]) {
      expect((await netd.ask("endAny", { connection, id })).refusal?.code).toBe("denied");
      const order = { connection, fix: ["lease"], discardUnreadable: true };
      expect((await netd.ask("collect", order)).refusal?.code).toBe("denied");
    }
    expect(await records()).toEqual([id]);
  });
});

test("the administrator's connection is no user's: root is given no network, and nothing of root's is looked at", async () => {
  const { victim, id } = await attached("alice");
  const { connection } = await administrator();
  const order = { ...orders.order(victim), connection };
  const places = { connection, netnsFd: 0, leaseFd: 0 };
  for (const [row, request] of [
    ["identify", { connection }],
    ["look", places],
    ["attach", order],
    ["detach", { connection, id }],
  ] as const)
    expect((await netd.ask(row, request)).refusal).toMatchObject({ code: "denied" });
  expect(await records()).toEqual([id]);
});

describe("configure", () => {
  const configure = (conflist: string, network = "lab") =>
    netd.ask("configure", { networks: [{ network, conflist }] });

  test("reads only what root has put into root's directory and nobody else can write, and keeps what was there otherwise (C1, R3)", async () => {
    const etc = join(host.directory, "etc/net.d");
    copyFileSync(join(etc, "lab.conflist"), join(etc, "open.conflist"));
    chmodSync(join(etc, "open.conflist"), 0o666);
    await host.asRoot(["ln", "-sf", "lab.conflist", join(etc, "link.conflist")]);
    await host.asRoot(["mkfifo", join(etc, "pipe.conflist")]);
    writeFileSync(join(etc, "text.conflist"), "root:x:0:0\n");
    for (const name of ["open", "link", "pipe", "text", "nothing"]) {
      const { refusal } = await configure(`${name}.conflist`);
      expect([name, refusal?.code]).toEqual([name, "failed"]);
    }
    await attached("alice");
  });

  test("lets any of root's networks be used, under any name, with what its conflist says: the policy is the front's", async () => {
    expect((await configure("lab.conflist", "mine")).refusal).toBeUndefined();
    const victim = await orders.connect(host.users.bob);
    victims.push(victim);
    const { value } = await netd.ask("attach", orders.order(victim, { network: "mine", egress: "any" }));
    expect(value).toMatchObject({ given: { addresses: [expect.stringMatching(/^10\.20\.0\./)] } });
  });
});

describe("takeBack", () => {
  test("ends what this front has asked for just now, and nothing else", async () => {
    const { id } = await attached("bob");
    await netd.ask("takeBack", { id });
    await gone(id);
  });

  test("ends nothing that another front has asked for, also not by asking for it again", async () => {
    const { id } = await attached("bob");
    await netd[Symbol.asyncDispose]();
    netd = await HostileNetd.start(host);
    await netd.ask("takeBack", { id });
    orders = await HostileOrders.begin(host, netd);
    const alice = await orders.connect(host.users.alice);
    victims.push(alice);
    const { refusal } = await netd.ask("attach", { ...orders.order(alice), id });
    expect(refusal).toMatchObject({ code: "conflict" });
    await netd.ask("takeBack", { id });
    expect(await records()).toEqual([id]);
  });
});

test("reap ends nothing whose process lives (N10)", async () => {
  const [alice, bob] = [await attached("alice"), await attached("bob")];
  await netd.ask("reap", {});
  expect(await records()).toEqual([alice.id, bob.id].toSorted());
  alice.victim.namespace.process.kill("SIGKILL");
  await gone(alice.id);
  expect(await records()).toEqual([bob.id]);
});

test("look, identify and health tell numbers: of who is connected, and of what he has open himself", async () => {
  const [alice, bob] = [await attached("alice"), await attached("bob")];
  const { connection, client } = alice.victim;
  const places = { connection, netnsFd: client.files[0], leaseFd: client.pidfds[0] };
  const seen = (await netd.ask("look", places)).value as object;
  expect(Object.keys(seen).toSorted()).toEqual(["depth", "id", "inode"]);
  // By numbers on bob's connection, what is bob's.
  const other = (await netd.ask("look", { ...places, connection: bob.victim.connection })).value;
  expect(other).not.toEqual(seen);
  const health = JSON.stringify((await netd.ask("health", {})).value);
  expect(health).not.toContain(alice.id);
  expect((await netd.ask("ready", {})).value).toEqual({});
  expect((await netd.ask("alive", {})).value).toEqual({});
});
