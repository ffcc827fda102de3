import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callNetd, compileProgram, netdSocket } from "../fixtures/call-netd.ts";
import { TestPlugins } from "../fixtures/cni-plugins.ts";
import type { CyclesInput, CycleTimes } from "../fixtures/netd-cycles.ts";
import type { StormInput } from "../fixtures/netd-storm.ts";
import { frontOf, residentBytes } from "../fixtures/processes.ts";
import { shareOfOthers } from "../fixtures/processor-share.ts";
import type { RunningCommand } from "../fixtures/running-command.ts";
import { labPolicy, TestHost } from "../fixtures/test-host.ts";
import {
  attach,
  attachInput,
  attachmentIdOf,
  detach,
  makeNamespace,
  type UserNamespace,
} from "../fixtures/user-namespaces.ts";
import { checked, type TestUser } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";
import { encodeFrames, encodeHeaders, type Frame, flag, frameType } from "../fuzz/frames.ts";
import { soundCalls } from "../fuzz/targets/calls.ts";

let host: TestHost;
let netd: RunningCommand;
let namespace: UserNamespace;
beforeAll(async () => {
  host = await TestHost.start();
  // One plugin waits for a file; so there is time to ask for more meanwhile.
  const plugins = new TestPlugins(host)
    .copied("bridge", "host-local")
    .gated("gated", join(host.directory, "gate"));
  const ipam = { type: "host-local", ranges: [[{ subnet: "10.21.0.0/24" }]] };
  const bridge = { type: "bridge", bridge: "gated0", isGateway: true, ipam };
  const gatedConflist = { cniVersion: "1.0.0", name: "gated", plugins: [bridge, { type: "gated" }] };
  host.writeConflist(gatedConflist);
  netd = await host.startNetd({
    policy: `${labPolicy}[network gated]\nconflist = gated.conflist\n[allow group:cntnr-dev network:gated]\nattachments = 8\n`,
    // What is measured here is not to wait for its rate.
    args: ["--plugin-dir", plugins.path, "--limit", "attach-burst=10000", "--limit", "attach-rate=1000"],
  });
  namespace = await makeNamespace(host, host.users.alice);
});
afterAll(() => host[Symbol.asyncDispose]());

/** The preface of an HTTP/2 connection with empty settings (RFC 9113, section 3.4). */
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/** A frame that costs the sender nothing and has to be answered (section 6.7). */
const ping = "\0\0\x08\x06\0\0\0\0\0abcdefgh";

/** Milliseconds of each attach. */
async function cycle(count: number): Promise<number[]> {
  const input: CyclesInput = { socket: netdSocket, pid: namespace.pid, network: "lab", count };
  const argv = [await compileProgram(host, "netd-cycles"), JSON.stringify(input)];
  const { stdout } = checked(argv, await host.asUser(host.users.alice, argv, { timeoutMs: 3_600_000 }));
  return (JSON.parse(stdout) as CycleTimes[]).map(({ attachMs }) => attachMs);
}

async function storm(user: TestUser, more: Partial<StormInput>): Promise<AsyncDisposable> {
  const input: StormInput = {
    socket: netdSocket,
    connections: 1000,
    send: "",
    again: false,
    pauseMs: 250,
    ...more,
  };
  const process = host.spawnAsUser(user, [await compileProgram(host, "netd-storm"), JSON.stringify(input)]);
  await process.waitForOutput(/^raging$/m);
  return {
    [Symbol.asyncDispose]: async () => {
      process.kill("SIGKILL");
      await process.exited;
    },
  };
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** What an attach takes with a storm and without, one after the other, and what others had of the machine meanwhile. */
interface Pair {
  readonly ratio: number;
  readonly others: number;
}

/**
 * The claim is about the median of five pairs on a machine that the test has for itself: a pair in which others had more than
 * a fifth of it says something about them. Where the machine is never so calm, all pairs together have to be within the
 * wider bound: a user who waits for others as well is not to wait three times as long.
 */
const bounds = { calm: 2, busy: 3, counted: 5, taken: 9, others: 0.2 } as const;

describe("a thousand connections of a hostile user delay another user's attach by less than twice (Q1, Q4, Q10)", () => {
  test.each([
    ["that say nothing", {}],
    ["that begin and do not go on", { send: preface }],
    [
      "that send frames to be answered, as fast as they are taken",
      { send: preface + ping.repeat(200), again: true },
    ],
  ])("%s", async (name, more) => {
    await cycle(3);
    const pairs: Pair[] = [];
    const calmOnes = () => pairs.filter(({ others }) => others < bounds.others);
    while (calmOnes().length < bounds.counted && pairs.length < bounds.taken) {
      const others = shareOfOthers(host);
      const calm = await cycle(9);
      await using _storm = await storm(host.users.bob, more);
      const stormy = await cycle(9);
      pairs.push({ ratio: median(stormy) / median(calm), others: others() });
    }
    const isCalm = calmOnes().length >= bounds.counted;
    const counted = (isCalm ? calmOnes() : pairs).map(({ ratio }) => ratio);
    const shown = pairs.map(({ ratio, others }) => `${ratio.toFixed(2)} (${Math.round(others * 100)} %)`);
    console.log(
      `${name}: median ${median(counted).toFixed(2)} times as long, on a ${isCalm ? "calm" : "busy"} machine; ` +
        `each, and what others had of it: ${shown.join(", ")}`,
    );
    expect(median(counted)).toBeLessThan(isCalm ? bounds.calm : bounds.busy);
  });
});

test("clients that are silent, slow or go on for ever without a call are dropped (Q1, Q2)", async () => {
  const raw = [
    { send: "" },
    { send: "PRI * HTTP" },
    { send: preface },
    { send: preface.repeat(20), dripMs: 700 },
    { send: "GET / HTTP/1.1\r\n\r\n" },
    // The headers of a request whose body never comes (HEADERS with END_HEADERS, HPACK literals).
    {
      send: `${preface}\0\0\x2e\x01\x04\0\0\0\x01\x83\x86\x44\x1b/cntnr.netd.v1.Netd/Status.\x5f\x10application/grpc`,
    },
  ];
  const results = await callNetd(host, host.users.carol, { calls: [], raw });
  for (const { code: closedAfterMs } of results) expect(closedAfterMs).toBeLessThan(13_000);
  // None of them was refused at once for another reason.
  expect(results[0]?.code).toBeGreaterThan(9000);
});

describe("a stream that is gone before it is answered", () => {
  const [status] = soundCalls({}).slice(-1);
  const frame = (type: number, stream: number, payload: readonly number[]): Frame => {
    return { type, flags: 0, stream, payload: Buffer.from(payload) };
  };
  const reset = (code: number): Frame => frame(frameType.resetStream, 1, [0, 0, 0, code]);
  /** By nothing: an error of the whole connection (RFC 9113, 6.9.1). */
  const moreRoom = frame(frameType.windowUpdate, 0, [0, 0, 0, 0]);
  /** A message that says that it is longer than any may be, which is refused at once, and these. */
  const sent = (frames: readonly Frame[]) =>
    Buffer.concat([
      Buffer.from(preface, "latin1"),
      encodeFrames([
        {
          type: frameType.headers,
          flags: flag.endHeaders,
          stream: 1,
          payload: encodeHeaders(status?.headers ?? []),
        },
        frame(frameType.data, 1, [0, 0, 0xff, 0xff, 0xff]),
        ...frames,
      ]),
    ]).toString("latin1");

  test.each([
    ["by the end of its connection", [moreRoom]],
    ["by both", [reset(1), moreRoom]],
  ])("%s, ends no front (Q2, Q3)", async (_, frames) => {
    const before = frontOf(netd.pid);
    const send = sent(frames);
    const calls = callNetd(host, host.users.bob, {
      calls: [],
      raw: Array.from({ length: 4 }, () => ({ send })),
    });
    const list = { method: "List" as const, request: {} };
    const honest = await callNetd(host, host.users.carol, { calls: Array.from({ length: 5 }, () => list) });
    expect(honest.map((answer) => answer.code)).toEqual([0, 0, 0, 0, 0]);
    for (const { code: closedAfterMs } of await calls) expect(closedAfterMs).toBeLessThan(13_000);
    expect([frontOf(netd.pid), netd.stderr]).toEqual([before, ""]);
  });
});

describe("what is too large", () => {
  test("is refused before it is unpacked (Q3)", async () => {
    const { front } = halves();
    const before = residentBytes(front);
    const bomb = { method: "Attach" as const, request: { network: `fill:${8 << 20}` } };
    const results = await callNetd(host, host.users.carol, {
      compressed: true,
      parallel: true,
      calls: Array.from({ length: 16 }, () => bomb),
    });
    expect(results.map(({ code }) => code)).toEqual(Array.from({ length: 16 }, () => 8));
    expect(residentBytes(front) - before).toBeLessThan(64 << 20);
  });
});

test("a user who asks for eight attachments at once delays another by one of them (Q5)", async () => {
  const { alice, carol } = host.users;
  const theirs = await Promise.all(Array.from({ length: 8 }, () => makeNamespace(host, carol)));
  const mine = await makeNamespace(host, alice);
  const asked = theirs.map((one) => attach(host, carol, one, { network: "gated" }));
  const allowed = () =>
    host.auditLines().filter(({ event, network }) => event === "allow" && network === "gated");
  await waitFor(() => allowed().length === 8, { what: "eight attaches under way" });
  const second = attach(host, alice, mine, { network: "gated" });
  await waitFor(() => allowed().length === 9, { what: "the ninth" });
  writeFileSync(join(host.directory, "gate"), "");
  for (const answer of [...(await Promise.all(asked)), await second]) expect(answer.code).toBe(0);
  const order = host
    .auditLines()
    .filter(({ event, network }) => event === "attach" && network === "gated")
    .map(({ subject }) => uidOf(subject));
  expect(order).toHaveLength(9);
  expect(order.indexOf(alice.uid)).toBeLessThanOrEqual(1);
  for (const one of [...theirs, mine]) one.process.kill("SIGKILL");
  await host.waitForNoResidue();
});

test("a caller that goes away while its attach waits gets none, and leaves nothing (Q5, F13)", async () => {
  const { alice, carol } = host.users;
  const [blocking, waiting] = [await makeNamespace(host, carol), await makeNamespace(host, alice)];
  await host.asRoot(["rm", join(host.directory, "gate")]);
  const blocked = attach(host, carol, blocking, { network: "gated" });
  const journaled = async () => (await host.residue()).records.length;
  await waitFor(async () => (await journaled()) === 1, { what: "the first attach under way" });
  const argv = [
    await compileProgram(host, "netd-caller"),
    JSON.stringify({ socket: netdSocket, ...attachInput(waiting, { network: "gated" }) }),
  ];
  const caller = host.spawnAsUser(alice, argv);
  await waitFor(async () => (await journaled()) === 2, { what: "the second attach waiting" });
  caller.kill("SIGKILL");
  const isGivenUp = () =>
    host.auditLines().some(({ event, subject }) => event === "failure" && uidOf(subject) === alice.uid);
  await waitFor(isGivenUp, { what: "the end of the waiting" });
  writeFileSync(join(host.directory, "gate"), "");
  const id = attachmentIdOf(await blocked);
  await waitFor(async () => (await journaled()) === 1, { what: "the end of the second" });
  await detach(host, carol, id);
  await host.waitForNoResidue();
});

const uidOf = (subject: unknown) => (subject as { uid: number } | undefined)?.uid;

/** Both halves of the service: the front is the worker's child. */
function halves(): { readonly worker: number; readonly front: number } {
  return { worker: netd.pid, front: frontOf(netd.pid) };
}

const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

/** In CI few; `npm run test:soak` makes ten thousand. */
const soakCycles = Number(process.env.CNTNR_SOAK_CYCLES ?? 60);

test("memory and descriptors stay flat over attach and detach (P15)", async () => {
  const measured = () =>
    Object.entries(halves()).map(([half, pid]) => ({
      half,
      descriptors: descriptors(pid),
      residentBytes: residentBytes(pid),
    }));
  await cycle(Math.max(60, soakCycles / 10));
  const before = measured();
  const durationsMs = await cycle(soakCycles);
  // A connection of the last cycle may still be closing; what leaks stays open.
  const areClosed = () =>
    measured().every((now, index) => now.descriptors <= (before[index]?.descriptors ?? 0));
  await waitFor(areClosed, { what: `descriptors as before: ${JSON.stringify(before)}` });
  const mebibytes = (bytes = 0) => (bytes / (1 << 20)).toFixed(1);
  console.log(`${soakCycles} cycles: attach median ${median(durationsMs).toFixed(1)} ms`);
  for (const [index, after] of measured().entries()) {
    const { half, descriptors: descriptorsBefore = 0, residentBytes: bytesBefore = 0 } = before[index] ?? {};
    console.log(
      `${half}: descriptors ${descriptorsBefore} -> ${after.descriptors}, ` +
        `memory ${mebibytes(bytesBefore)} -> ${mebibytes(after.residentBytes)} MiB`,
    );
    expect(after.descriptors).toBeLessThanOrEqual(descriptorsBefore);
    expect(after.residentBytes - bytesBefore).toBeLessThan(32 << 20);
  }
});
