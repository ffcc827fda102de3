import { describe, expect, test } from "bun:test";
import type { WorkerMessage } from "../../../../netd/contract/messages.ts";
import { Refusal } from "../../../../netd/errors.ts";
import { Calls, ProtocolViolation } from "../../../../netd/worker/calls.ts";
import type { WorkerTable } from "../../../../netd/worker/table.ts";
import { attachQuestion as attach } from "../../../fixtures/plans.ts";

const { connection, id } = attach;

const refusing = async () => {
  throw new Error("not to be called");
};
const rows = [
  "ready",
  "alive",
  "configure",
  "identify",
  "look",
  "attach",
  "detach",
  "takeBack",
  "health",
  "endAny",
];

/** A table whose rows do what is said, and otherwise fail. */
function callsWith(table: Partial<Record<string, (request: never) => unknown>>) {
  const answers: WorkerMessage[] = [];
  const whole = { ...Object.fromEntries(rows.map((row) => [row, refusing])), reap: () => ({}), ...table };
  const calls = new Calls(whole as unknown as WorkerTable, (message) => answers.push(message));
  return { calls, answers };
}

async function answered(answers: readonly WorkerMessage[]): Promise<WorkerMessage | undefined> {
  for (let turn = 0; turn < 10 && answers.length === 0; turn++) await Promise.resolve();
  return answers[0];
}

describe("a question", () => {
  test("of the right form goes to its row, and the answer has its number", async () => {
    const { calls, answers } = callsWith({ attach: (request) => ({ got: request }) });
    calls.take({ call: 7, ask: "attach", with: attach });
    expect(await answered(answers)).toEqual({ answer: 7, value: { got: attach } });
  });

  test("that is refused is answered with code and text, and with the reason for the audit log alone (N3)", async () => {
    const { calls, answers } = callsWith({
      reap: () => {
        throw new Refusal("denied", "", { cause: new Error("owned by uid 0 (N1)") });
      },
    });
    calls.take({ call: 1, ask: "reap", with: {} });
    const refusal = { code: "denied" as const, text: "", reason: "owned by uid 0 (N1)" };
    expect(await answered(answers)).toEqual({ answer: 1, refusal });
  });

  test("whose row fails is answered without a text for clients", async () => {
    const { calls, answers } = callsWith({});
    calls.take({ call: 1, ask: "look", with: { connection, netnsFd: 3, leaseFd: 4 } });
    const refusal = { code: "failed" as const, text: "", reason: "not to be called" };
    expect(await answered(answers)).toEqual({ answer: 1, refusal });
  });
});

const changedPlan = (changes: object) => ({
  ask: "attach",
  with: { ...attach, plan: { ...attach.plan, ...changes } },
});
const port = { hostIp: "", hostPort: 8080, containerPort: 80, protocol: "tcp" };

describe("what is no question ends the front", () => {
  test.each<[string, unknown]>([
    ["a number", 7],
    ["nothing", null],
    ["a list", []],
    ["one without a number", { ask: "reap", with: {} }],
    ["one whose number is none", { call: "1", ask: "reap", with: {} }],
    ["one whose number is not exact", { call: 2 ** 60, ask: "reap", with: {} }],
    ["one with more than a question has", { call: 1, ask: "reap", with: {}, uid: 0 }],
    ["one that asks for nothing there is", { call: 1, ask: "run", with: {} }],
    ["one that asks for what every object has", { call: 1, ask: "toString", with: {} }],
    ["one without a request", { call: 1, ask: "reap" }],
  ])("%s", (_, message) => {
    expect(() => callsWith({}).calls.take(message)).toThrow(ProtocolViolation);
  });

  test.each<[string, { ask: string; with: unknown }]>([
    ["a uid in a connection (P2)", { ask: "identify", with: { connection: { ...connection, uid: 0 } } }],
    ["a uid in an attach (P2)", { ask: "attach", with: { ...attach, uid: 0 } }],
    [
      "a path to a namespace (N2)",
      { ask: "look", with: { connection, netnsFd: "/proc/1/ns/net", leaseFd: 4 } },
    ],
    ["a pid (N7)", { ask: "look", with: { connection, netnsFd: 3, leaseFd: 4, pid: 1 } }],
    ["a negative descriptor", { ask: "look", with: { connection, netnsFd: -1, leaseFd: 4 } }],
    ["half a descriptor", { ask: "look", with: { connection, netnsFd: 3.5, leaseFd: 4 } }],
    ["a descriptor that no process has", { ask: "look", with: { connection, netnsFd: 1e9, leaseFd: 4 } }],
    ["a socket's number that is none", { ask: "identify", with: { connection: { fd: 5, cookie: "-1" } } }],
    [
      "a conflist that is elsewhere (R3)",
      { ask: "configure", with: { networks: [{ network: "lab", conflist: "../x" }] } },
    ],
    [
      "a conflist that is hidden (R3)",
      { ask: "configure", with: { networks: [{ network: "lab", conflist: ".x" }] } },
    ],
    [
      "a network with a separator (R5)",
      { ask: "configure", with: { networks: [{ network: "lab-x", conflist: "x" }] } },
    ],
    ["an id that leads out of a directory", { ask: "detach", with: { connection, id: "../../etc/passwd" } }],
    ["an id of capitals", { ask: "endAny", with: { connection, id: id.toUpperCase() } }],
    ["a key with a line break (R15)", { ask: "attach", with: { ...attach, idempotencyKey: "a\nb" } }],
    ["an interface with a separator (R4)", changedPlan({ interface: "a/b" })],
    ["an interface of everybody (R4)", changedPlan({ interface: "all" })],
    ["an interface that is too long (R4)", changedPlan({ interface: "a234567890123456" })],
    ["arguments for plugins (R1)", changedPlan({ cniArgs: "IP=192.0.2.1" })],
    ["ranges for plugins (R2)", changedPlan({ ipRanges: [[{ subnet: "192.0.2.0/24" }]] })],
    ["a group address (D1)", changedPlan({ mac: "03:00:00:00:00:05" })],
    ["an address with a prefix", changedPlan({ staticIps: ["10.0.0.1/8"] })],
    ["an address with an injected argument (R1)", changedPlan({ staticIps: ["10.0.0.1;GATEWAY=10.0.0.2"] })],
    ["a port that is none", changedPlan({ ports: [{ ...port, hostPort: 0 }] })],
    ["a protocol that is none (R15)", changedPlan({ ports: [{ ...port, protocol: "icmp" }] })],
    ["more ports than anybody needs", changedPlan({ ports: Array.from({ length: 257 }, () => port) })],
    ["a rule of nft's in a prefix", changedPlan({ egress: ["10.0.0.0/8 accept"] })],
    ["a group that is none", changedPlan({ isolationGroup: "user:root" })],
    ["half a rate", changedPlan({ bandwidthOut: 0.5 })],
    ["a host's access that is none", changedPlan({ hostAccess: "some" })],
    ["a missing part", changedPlan({ rule: undefined })],
  ])("one with %s", (_, question) => {
    expect(() => callsWith({}).calls.take(JSON.parse(JSON.stringify({ call: 1, ...question })))).toThrow(
      ProtocolViolation,
    );
  });

  test("more of them at once than all connections of a front could ask", () => {
    const { calls } = callsWith({ reap: () => new Promise(() => undefined) });
    const flood = () => {
      for (let call = 1; call < 5000; call++) calls.take({ call, ask: "reap", with: {} });
    };
    expect(flood).toThrow("too many calls at once");
  });
});
