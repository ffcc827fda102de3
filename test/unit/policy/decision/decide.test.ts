import { describe, expect, test } from "bun:test";
import { parseRange } from "../../../../policy/address/address.ts";
import { decide, grantsOf } from "../../../../policy/decide.ts";
import { emptyPolicy } from "../../../../policy/policy.ts";
import { alice, aliceOfDevs, bob, labPolicy, request } from "../policies.ts";
import { type Changes, forAlice, planFor, port, reasonFor } from "./decisions.ts";

describe("without a rule", () => {
  test("everything is denied (C5)", async () => {
    expect(decide(emptyPolicy, alice, request())).toEqual({
      outcome: "deny",
      reason: { kind: "no-such-network", text: "network: there is no such network" },
    });
    expect(await reasonFor("")).toMatchObject({ kind: "no-rule" });
    expect(await reasonFor(forAlice(), {}, bob)).toMatchObject({ kind: "no-rule" });
    expect(await reasonFor(forAlice(), { network: "other" })).toMatchObject({ kind: "no-such-network" });
    expect(grantsOf(await labPolicy(forAlice()), bob)).toEqual([]);
  });

  test("root gets nothing either (P14)", async () => {
    expect(await reasonFor(forAlice(), {}, { uid: 0, gids: [0] })).toMatchObject({ kind: "no-rule" });
  });

  test("that gives attachments, a rule's other values give nothing", async () => {
    const reason = await reasonFor("[allow user:alice network:lab]\nports = tcp\n");
    expect(reason).toEqual({
      kind: "not-granted",
      text: "attachments: no rule gives attachments: allow user:alice network:lab (a.conf:4)",
    });
    expect(await reasonFor("[allow user:alice network:lab]\nattachments = 0\n")).toEqual({
      kind: "not-granted",
      text: "attachments: attachments = 0: allow user:alice network:lab (a.conf:5)",
    });
  });

  test.each([
    ["a static address", { staticIps: ["10.20.0.70"] }, "address 10.20.0.70: no rule gives static-ips"],
    [
      "a MAC address",
      { mac: "02:00:00:00:00:01" },
      "MAC address 02:00:00:00:00:01: no rule gives mac = chosen",
    ],
    ["a port", { ports: [port(8080)] }, "port 8080/tcp: no rule gives ports"],
    ["names", { names: true }, "names: no rule gives names = yes"],
    ["a nested namespace", { namespaceDepth: 2 }, "nested user namespace: no rule gives nested = yes"],
    ["a caller in a user namespace", { callerDepth: 1 }, "nested user namespace: no rule gives nested = yes"],
  ])("that gives it, %s is denied", async (_, changes: Changes, text) => {
    expect(await reasonFor(forAlice(), changes)).toEqual({ kind: "not-granted", text });
  });
});

describe("an approved plan", () => {
  test("has everything that its execution needs, and what each part rests on", async () => {
    const plan = await planFor(
      forAlice(
        "static-ips = 10.20.0.64/27",
        "mac = chosen",
        "ports = 8000-8999/tcp",
        "bandwidth = 1M",
        "names = yes",
      ),
      {
        staticIps: ["10.20.0.70"],
        mac: "02:AB:00:00:00:01",
        ports: [port(8080, "192.0.2.10")],
        names: true,
      },
      alice,
      "egress = any\nmasquerade = yes",
    );
    expect({ ...plan }).toMatchObject({
      network: { name: "lab", egress: "any", masquerade: true, hostAccess: "none" },
      isolation: { kind: "user", uid: 1000 },
      staticIps: ["10.20.0.70"],
      mac: "02:ab:00:00:00:01",
      ports: [{ hostIps: ["192.0.2.10"], hostPort: 8080, containerPort: 80, protocol: "tcp" }],
      names: true,
      limits: { bandwidthIn: 1e6, bandwidthOut: 1e6, connections: 4096 },
      rule: "allow user:alice network:lab (a.conf:6)",
    });
    const lineOf = Object.fromEntries(plan.grants.map(({ aspect, by }) => [aspect, by.join()]));
    expect(lineOf).toEqual({
      names: "allow user:alice network:lab (a.conf:11)",
      "MAC address 02:ab:00:00:00:01": "allow user:alice network:lab (a.conf:8)",
      "address 10.20.0.70": "allow user:alice network:lab (a.conf:7)",
      "port 8080/tcp on 192.0.2.10": "allow user:alice network:lab (a.conf:9)",
      network: "",
      attachments: "allow user:alice network:lab (a.conf:6)",
      addresses: "allow user:alice network:lab (a.conf:6)",
      "published ports": "allow user:alice network:lab (a.conf:6)",
    });
  });

  test("cannot be changed after it was approved (R17)", async () => {
    const plan = await planFor(forAlice("ports = tcp"), { ports: [port(8080)] });
    expect(() => Object.assign(plan, { mac: "x" })).toThrow();
    expect(() => Object.assign(plan.limits, { connections: 1 })).toThrow();
    expect(() => Object.assign(plan.ports[0] ?? {}, { hostPort: 22 })).toThrow();
    expect(() => Object.assign(plan.network, { egress: "any" })).toThrow();
  });

  test("survives being sent as JSON, all but the proof that decide made it", async () => {
    const plan = await planFor(forAlice("ports = tcp"), { ports: [port(8080)] });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(JSON.parse(JSON.stringify({ ...plan })));
    expect(Object.getOwnPropertySymbols(JSON.parse(JSON.stringify(plan)))).toEqual([]);
  });
});

describe("the quota (Q6)", () => {
  test.each([
    [0, 3, "allow"],
    [2, 3, "allow"],
    [3, 3, "deny"],
    [4, 3, "deny"],
    [0, 0, "deny"],
    [998, "unlimited", "allow"],
  ])("with %d in use of %p is to %s (Q7)", async (attachmentsUsed, limit, outcome) => {
    const policy = await labPolicy(`[allow user:alice network:lab]\nattachments = ${limit}\n`);
    const decision = decide(policy, alice, request({ attachmentsUsed, addressesUsed: attachmentsUsed }));
    expect(decision.outcome).toBe(outcome as "allow" | "deny");
  });

  test("that is used up is a reason of its own, and only when nothing else is denied", async () => {
    expect(await reasonFor(forAlice(), { attachmentsUsed: 1 })).toEqual({
      kind: "quota-exceeded",
      text: "attachments: 1 of 1 attachments are in use: allow user:alice network:lab (a.conf:5)",
    });
    expect(await reasonFor(forAlice(), { attachmentsUsed: 1, names: true })).toMatchObject({
      kind: "not-granted",
    });
  });

  test("of addresses is independent of the attachments", async () => {
    const rules = "[allow user:alice network:lab]\nattachments = 8\naddresses = 3\n";
    const used = { attachmentsUsed: 1, addressesPerAttachment: 2 };
    expect(await planFor(rules, { ...used, addressesUsed: 1 })).toBeDefined();
    expect(await reasonFor(rules, { ...used, addressesUsed: 2 })).toEqual({
      kind: "quota-exceeded",
      text: "addresses: 2 of 3 addresses are in use, 2 more are wanted: allow user:alice network:lab (a.conf:6)",
    });
  });

  test("of published ports counts ports, wherever they are published, and is there without being written", async () => {
    const rules = forAlice("ports = tcp", "published-ports = 3");
    const ports = [port(8080, "192.0.2.10"), port(8080, "192.0.2.11"), port(8081)];
    expect(await planFor(rules, { ports, portsUsed: 1 })).toBeDefined();
    expect(await reasonFor(rules, { ports, portsUsed: 2 })).toEqual({
      kind: "quota-exceeded",
      text: "published ports: 2 of 3 published ports are in use, 2 more are wanted: allow user:alice network:lab (a.conf:7)",
    });
    expect(await planFor(rules, { portsUsed: 4 })).toBeDefined();
    const many = Array.from({ length: 129 }, (_, index) => port(8000 + index));
    expect(await reasonFor(forAlice("ports = tcp"), { ports: many })).toMatchObject({ kind: "not-granted" });
    expect(
      await planFor(forAlice("ports = tcp", "published-ports = unlimited"), { ports: many }),
    ).toBeDefined();
  });

  test("that could never hold what is wanted is no reason to wait", async () => {
    const rules = "[allow user:alice network:lab]\nattachments = 8\naddresses = 1\n";
    expect(await reasonFor(rules, { addressesPerAttachment: 2 })).toEqual({
      kind: "not-granted",
      text: "addresses: 0 of 1 addresses are in use, 2 more are wanted: allow user:alice network:lab (a.conf:6)",
    });
  });

  test("of addresses has no end of its own, but an attachment has no more than the network gives", async () => {
    const rules =
      "[allow user:alice network:lab]\nattachments = 2\nstatic-ips = 10.20.0.0/24, 10.21.0.0/24\n";
    const subnets = ["10.20.0.0/24", "10.21.0.0/24"].flatMap((text) => {
      const range = parseRange(text);
      return range ? [{ range, gateway: undefined }] : [];
    });
    const two = { staticIps: ["10.20.0.5", "10.21.0.5"], subnets };
    expect(await planFor(rules, { ...two, addressesPerAttachment: 2, attachmentsUsed: 1 })).toBeDefined();
    expect(await reasonFor(rules, { ...two, addressesPerAttachment: 1 })).toEqual({
      kind: "not-granted",
      text: "addresses: the network gives 1 to an attachment, 2 are requested",
    });
  });

  test("of the whole network holds for everybody together (D8)", async () => {
    const full = { networkAttachmentsUsed: 10 };
    expect(await reasonFor(forAlice(), full, alice, "attachments = 10")).toEqual({
      kind: "network-full",
      text: "network: 10 of 10 attachments of all users are in use (a.conf:1)",
    });
    expect(await planFor(forAlice(), { networkAttachmentsUsed: 9 }, alice, "attachments = 10")).toBeDefined();
    expect(await reasonFor(forAlice(), { networkAttachmentsUsed: 999 })).toMatchObject({
      kind: "network-full",
    });
  });
});

describe("several rules (Q8, C10)", () => {
  const everyone = "[allow everyone network:lab]\nattachments = 2\nconnections = 100\n";
  const devs = "[allow group:devs network:lab]\nattachments = 4\nports = 8000-8099/tcp\n";
  const web = "[allow group:web network:lab]\nattachments = 3\nports = 443/tcp\n";
  const aliceOfBoth = { uid: 1000, gids: [1000, 2000, 2001] };

  test("never add up: of several groups the largest limit counts", async () => {
    expect(
      await planFor(everyone + devs + web, { attachmentsUsed: 3, addressesUsed: 3 }, aliceOfBoth),
    ).toMatchObject({
      rule: "allow group:devs network:lab (a.conf:8)",
    });
    expect(await reasonFor(everyone + devs + web, { attachmentsUsed: 4 }, aliceOfBoth)).toMatchObject({
      kind: "quota-exceeded",
    });
  });

  test("decide each value for itself, by the most specific rule that has it", async () => {
    const own = "[allow user:alice network:lab]\nattachments = 1\n";
    const plan = await planFor(everyone + devs + own, { ports: [port(8080)] }, aliceOfDevs);
    expect(plan.rule).toBe("allow user:alice network:lab (a.conf:11)");
    expect(plan.limits.connections).toBe(4096);
    expect(plan.grants.find(({ aspect }) => aspect === "port 8080/tcp")?.by).toEqual([
      "allow group:devs network:lab (a.conf:9)",
    ]);
    expect(await reasonFor(everyone + devs + own, { attachmentsUsed: 1 }, aliceOfDevs)).toMatchObject({
      kind: "quota-exceeded",
    });
  });

  test("have their limits from whoever gives the attachments, unless a more specific one has others (P11)", async () => {
    const connections = async (rules: string) => (await planFor(rules, {}, aliceOfDevs)).limits.connections;
    expect(await connections(everyone)).toBe(100);
    expect(await connections(everyone + devs)).toBe(4096);
    expect(await connections(`${everyone}[allow user:alice network:lab]\nconnections = 7\n`)).toBe(7);
    expect(await connections(`${everyone}[allow group:devs network:lab]\nconnections = 700\n`)).toBe(700);
  });

  test("of several groups each give their ports", async () => {
    for (const hostPort of [443, 8080])
      expect(await planFor(everyone + devs + web, { ports: [port(hostPort)] }, aliceOfBoth)).toBeDefined();
  });

  test("can take from a single user what everybody has", async () => {
    const none = "[allow user:alice network:lab]\nports = none\n";
    expect(await reasonFor(everyone + devs + none, { ports: [port(8080)] }, aliceOfDevs)).toEqual({
      kind: "not-granted",
      text: "port 8080/tcp: is in none of the ports given: allow user:alice network:lab (a.conf:11)",
    });
  });

  test("for one user by name and by number are both hers, and the larger counts", async () => {
    const twice =
      "[allow user:alice network:lab]\nattachments = 2\n[allow user:#1000 network:lab]\nattachments = 3\n";
    expect((await planFor(twice)).rule).toBe("allow user:#1000 network:lab (a.conf:7)");
  });
});

describe("what a user is granted", () => {
  test("is listed with the line that decides each value", async () => {
    const policy = await labPolicy(
      "[allow group:devs network:lab]\nattachments = 4\nports = 8000-8099/tcp\nhost-ips = 192.0.2.10\nbandwidth = 2500k\n" +
        "[allow user:alice network:lab]\nattachments = 1\nnested = yes\nbandwidth-out = 2500k\n",
    );
    const by = (rule: string, line: number) => `allow ${rule} network:lab (a.conf:${line})`;
    expect(grantsOf(policy, aliceOfDevs)).toEqual([
      {
        network: "lab",
        attachments: 1,
        rule: "allow user:alice network:lab",
        values: [
          { key: "attachments", value: "1", by: by("user:alice", 10) },
          { key: "addresses", value: "unlimited", by: by("user:alice", 10) },
          { key: "published-ports", value: "128", by: by("user:alice", 10) },
          { key: "ports", value: "8000-8099/tcp on 192.0.2.10", by: by("group:devs", 6) },
          { key: "bandwidth-in", value: "unlimited", by: by("user:alice", 10) },
          { key: "bandwidth-out", value: "2500k", by: by("user:alice", 12) },
          { key: "connections", value: "4096", by: by("user:alice", 10) },
          { key: "nested", value: "yes", by: by("user:alice", 11) },
        ],
      },
    ]);
  });

  test("leaves out networks without attachments", async () => {
    expect(grantsOf(await labPolicy("[allow user:alice network:lab]\nports = tcp\n"), alice)).toEqual([]);
    expect(grantsOf(await labPolicy(forAlice("ports = none")), alice)).toHaveLength(1);
  });
});
