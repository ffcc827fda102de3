import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HostileNetd } from "../fixtures/hostile-netd.ts";
import { HostileOrders, type Victim } from "../fixtures/hostile-orders.ts";
import { frontOf } from "../fixtures/processes.ts";
import { noResidue } from "../fixtures/residue.ts";
import { runDirectory, TestHost } from "../fixtures/test-host.ts";
import type { TestUser } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";

/** Somebody has taken the front over: what he can have done is what the worker's table lets him. */
let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
});
afterAll(() => host[Symbol.asyncDispose]());

describe("what it says is done within what the kernel says", () => {
  let netd: HostileNetd;
  let orders: HostileOrders;
  const connect = (user: TestUser) => orders.connect(user);
  const order = (victim: Victim, changes?: object) => orders.order(victim, changes);
  beforeAll(async () => {
    netd = await HostileNetd.start(host);
    orders = await HostileOrders.begin(host, netd);
    expect(orders.conflistHash).toMatch(/^[0-9a-f]{64}$/);
  });
  afterAll(async () => {
    await waitFor(async () => (await host.residue()).records.length === 0, { what: "the end of all" });
    await netd[Symbol.asyncDispose]();
    expect(await host.residue()).toEqual(noResidue);
  });

  test("who is connected is what the kernel says, and nothing that the front can say (P2)", async () => {
    const { alice } = host.users;
    const { connection } = await connect(alice);
    const { value } = await netd.ask("identify", { connection });
    expect(value).toMatchObject({ uid: alice.uid, gid: alice.gid, depth: 0 });
  });

  test.each([
    [
      "with the number of another socket",
      async () => ({ ...(await connect(host.users.alice)).connection, cookie: "7" }),
    ],
    ["that is one end of its own pair", () => netd.make("pair")],
    ["to a socket that it has bound itself", () => netd.make("bound", join(host.directory, "log/own.sock"))],
    ["that is a file", () => netd.make("file")],
    ["that is not there", async () => ({ fd: 9999, cookie: "1" })],
    // Of a listening socket the kernel names the process that made it: the worker itself, which is root.
    ["that is the listening socket", () => netd.given("listener")],
    ["that is the administrator's listening socket", () => netd.given("admin")],
    ["that is the channel to the worker", () => netd.given("channel")],
  ])("a connection %s is nobody's (P1, P3, P13)", async (_, make) => {
    const connection = await make();
    const { refusal } = await netd.ask("identify", { connection });
    expect(refusal?.code).toBe("denied");
    const ended = await netd.ask("endAny", { connection, id: "0".repeat(32) });
    expect(ended.refusal?.code).toBe("denied");
  });

  test("of a user's connection it can attach only what that user has open, and only the user's own (N1, N2)", async () => {
    const [alice, bob] = [await connect(host.users.alice), await connect(host.users.bob)];
    // The numbers of alice's descriptors are numbers of bob's on his connection.
    const mixed = { ...order(alice), connection: bob.connection };
    const { value } = await netd.ask("attach", mixed);
    expect(value).toMatchObject({ uid: host.users.bob.uid });
    await netd.ask("detach", { connection: bob.connection, id: mixed.id });
    await waitFor(async () => (await host.residue()).records.length === 0, { what: "the detach" });
    const given = await netd.ask("attach", { ...order(alice), netnsFd: 0 });
    expect(given.refusal?.reason).toMatch(/N4|no such descriptor/);
  });

  test("another user's attachment does not exist for it on whoever's connection (N12)", async () => {
    const [alice, bob] = [await connect(host.users.alice), await connect(host.users.bob)];
    const attached = order(alice);
    expect((await netd.ask("attach", attached)).value).toMatchObject({ state: "attached" });
    await netd.ask("detach", { connection: bob.connection, id: attached.id });
    await netd.ask("endAny", { connection: bob.connection, id: attached.id });
    expect((await host.residue()).records).toEqual([attached.id]);
    await netd.ask("detach", { connection: alice.connection, id: attached.id });
    await waitFor(async () => (await host.residue()).records.length === 0, { what: "the detach" });
  });

  test("an id that is there already is not taken a second time", async () => {
    const alice = await connect(host.users.alice);
    const first = order(alice);
    expect((await netd.ask("attach", first)).value).toMatchObject({ id: first.id });
    const again = await netd.ask("attach", { ...order(alice, { interface: "eth1" }), id: first.id });
    expect(again.refusal?.code).toBe("conflict");
    await netd.ask("detach", { connection: alice.connection, id: first.id });
  });

  test.each([
    ["a network that there is not", { network: "other" }, "unavailable"],
    ["a conflist that is not the one in force (R17)", { conflistHash: "1".repeat(64) }, "unavailable"],
    ["an address where none can be chosen", { staticIps: ["10.20.0.7"] }, "invalid"],
    ["a MAC where none can be chosen", { mac: "02:00:00:00:00:05" }, "invalid"],
    [
      "a port that only root may have (R11)",
      { ports: [{ hostIp: "", hostPort: 22, containerPort: 22, protocol: "tcp" }] },
      "invalid",
    ],
    [
      "a port of loopback (R13)",
      { ports: [{ hostIp: "127.0.0.1", hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
      "invalid",
    ],
    [
      "an address that reads in two ways",
      { ports: [{ hostIp: "010.0.0.1", hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
      "denied",
    ],
    [
      "a port of an address that is not the host's",
      { ports: [{ hostIp: "198.51.100.1", hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
      "conflict",
    ],
    ["an egress with bits behind the prefix", { egress: ["10.0.0.1/8"] }, "denied"],
    ["a depth of user namespaces that is not so (N6)", { namespaceDepth: 2 }, "denied"],
    ["a caller that is deeper than it is (P8)", { callerDepth: 1 }, "denied"],
  ])("a plan with %s is not carried out", async (_, changes, code) => {
    const alice = await connect(host.users.alice);
    const { value, refusal } = await netd.ask("attach", order(alice, changes));
    expect(value).toBeUndefined();
    expect(refusal?.code).toBe(code);
  });

  test("what is older than a call it cannot take back", async () => {
    const { value } = await netd.ask("takeBack", { id: "f".repeat(32) });
    expect(value).toEqual({});
  });
});

describe("what is no question of a front's ends the front, and the worker goes on with the next one", () => {
  const question = (ask: string, request: unknown) => `${JSON.stringify({ call: 1, ask, with: request })}\n`;

  // All forms of them are in the unit tests of `netd/worker/calls.ts`.
  test.each([
    ["no JSON", "hello\n"],
    ["a question that there is not", question("run", { command: "sh" })],
    ["more at once than all its connections could", question("health", {}).repeat(5000)],
  ])("%s", async (_, text) => {
    const netd = await HostileNetd.start(host);
    netd.send(text);
    // When the channel ends it may be through by itself before the signal is there.
    await netd.worker.waitForOutput(/^the front ended with (?:SIGKILL|0): .+; a new one is started$/m);
    await netd[Symbol.asyncDispose]();
    expect(await host.residue()).toEqual(noResidue);
  });
});

test("the real front has a user of its own, no capability, no way to get one, and nothing of the worker's open", async () => {
  await using netd = await host.startNetd();
  const front = frontOf(netd.pid);
  const status = readFileSync(`/proc/${front}/status`, "utf8");
  const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(status)?.[1];
  expect(field("Uid")?.split(/\s+/)).not.toContain("0");
  expect(field("Gid")?.split(/\s+/)).not.toContain("0");
  expect(field("Groups")?.trim()).toBe("");
  for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
    expect(field(set)).toBe("0000000000000000");
  expect(field("NoNewPrivs")).toBe("1");
  const { stdout } = await host.asRoot(["sh", "-c", `ls -l /proc/${front}/fd`]);
  expect(stdout).not.toContain(runDirectory);
});
