import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { callNetd, callNetdWithDescriptor } from "../fixtures/call-netd.ts";
import { noResidue } from "../fixtures/residue.ts";
import { TestHost } from "../fixtures/test-host.ts";
import {
  attachCall as attach,
  attachInput,
  attachmentIdOf,
  makeNamespace,
} from "../fixtures/user-namespaces.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
  await host.startNetd();
});
afterAll(async () => {
  expect(await host.residue()).toEqual(noResidue);
  await host[Symbol.asyncDispose]();
});

const denial =
  /^you are not permitted to use it \(reference [2-9A-HJ-NP-Z]{10}: the administrator finds it in the audit log\)$/;
const permissionDenied = 7;
const invalidArgument = 3;

describe("a namespace that is not the caller's to give is refused, always in the same words (N3)", () => {
  test("another user's, although the caller holds a descriptor of it (N1)", async () => {
    const { alice, bob } = host.users;
    const { pid } = await makeNamespace(host, bob);
    const [result] = await callNetdWithDescriptor(host, alice, `/proc/${pid}/ns/net`, {
      pids: [pid],
      calls: [attach({ netnsFd: 7, leaseFd: "pidfd:0" })],
    });
    expect(result?.code).toBe(permissionDenied);
    expect(result?.details).toMatch(denial);
    expect(host.auditLines().at(-1)?.reason).toBe(`owned by uid ${bob.uid} (N1)`);
  });

  test("the host's (N5)", async () => {
    const [result] = await callNetd(host, host.users.alice, {
      files: ["/proc/self/ns/net"],
      pids: [host.place.pid],
      calls: [attach({ netnsFd: "file:0", leaseFd: "pidfd:0" })],
    });
    expect(result?.code).toBe(permissionDenied);
    expect(result?.details).toMatch(denial);
    expect(host.auditLines().at(-1)?.reason).toContain("(N5)");
  });

  test("one of a nested user namespace, which container root makes (N6)", async () => {
    const { pid } = await makeNamespace(host, host.users.alice, ["unshare", "--user", "--map-root-user"]);
    const [result] = await callNetd(host, host.users.alice, {
      files: [`/proc/${pid}/ns/net`],
      pids: [pid],
      calls: [attach({ netnsFd: "file:0", leaseFd: "pidfd:0" })],
    });
    expect(result?.details).toMatch(denial);
    expect(host.auditLines().at(-1)?.reason).toContain("no rule gives nested = yes");
  });

  test.each([
    ["a regular file", "/etc/passwd"],
    ["a device", "/dev/null"],
    ["a user namespace", "/proc/self/ns/user"],
    ["a directory of /proc", "/proc/self/ns"],
  ])("%s (N4)", async (_, path) => {
    const { pid } = await makeNamespace(host, host.users.alice);
    const [result] = await callNetd(host, host.users.alice, {
      files: [path],
      pids: [pid],
      calls: [attach({ netnsFd: "file:0", leaseFd: "pidfd:0" })],
    });
    expect(result?.details).toMatch(denial);
    expect(host.auditLines().at(-1)?.reason).toContain("(N4)");
  });

  test("a descriptor that the caller does not have (N2)", async () => {
    const [result] = await callNetd(host, host.users.alice, {
      calls: [attach({ netnsFd: 999, leaseFd: 998 })],
    });
    expect(result?.details).toMatch(denial);
  });

  test.each([
    ["is a process elsewhere", async () => ({ pids: [host.place.pid] })],
    ["is no process at all", async () => ({ files: ["/etc/passwd"] })],
  ])("its own, with a lease that %s (N10)", async (_, more) => {
    const { pid } = await makeNamespace(host, host.users.alice);
    const { pids = [], files = [] } = (await more()) as { pids?: number[]; files?: string[] };
    const [result] = await callNetd(host, host.users.alice, {
      files: [`/proc/${pid}/ns/net`, ...files],
      pids,
      calls: [attach({ netnsFd: "file:0", leaseFd: pids.length > 0 ? "pidfd:0" : "file:1" })],
    });
    expect(result?.details).toMatch(denial);
  });
});

test("root of a container cannot connect at all, although its uid is the user's (P8)", async () => {
  const argv = ["unshare", "--user", "--map-root-user"];
  const [result] = await callNetd(
    host,
    host.users.alice,
    { calls: [{ method: "Status", request: {} }] },
    argv,
  );
  expect(result?.code).not.toBe(0);
  expect(host.auditLines().at(-1)).toMatchObject({
    event: "connection",
    reason: "refused: peer is in a user namespace of its own (P8)",
  });
});

test("an attachment is ended by its owner alone; to others it does not exist (N12)", async () => {
  const { alice, carol } = host.users;
  const [attached] = await callNetd(host, alice, attachInput(await makeNamespace(host, alice)));
  const attachmentId = attachmentIdOf(attached);
  const detach = (attachmentId: string) => ({ method: "Detach" as const, request: { attachmentId } });
  const answers = await callNetd(host, carol, {
    calls: [detach(attachmentId), detach("0".repeat(32)), detach("../../x"), { method: "List", request: {} }],
  });
  expect(answers.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(answers[3]?.response).toEqual({ attachments: [] });
  expect((await host.residue()).records).toEqual([attachmentId]);
  await callNetd(host, alice, { calls: [detach(attachmentId), detach(attachmentId)] });
  await waitFor(async () => (await host.residue()).records.length === 0, { what: "the detach" });
});

test("the same key, namespace and request get the same attachment; another request does not (F13)", async () => {
  const { alice } = host.users;
  const { pid } = await makeNamespace(host, alice);
  const request = { netnsFd: "file:0", leaseFd: "pidfd:0", idempotencyKey: "same" };
  const files = { files: [`/proc/${pid}/ns/net`], pids: [pid] };
  const [first, second, other] = await callNetd(host, alice, {
    ...files,
    calls: [attach(request), attach(request), attach({ ...request, interface: "eth7" })],
  });
  expect(first?.code).toBe(0);
  expect(second?.response).toEqual(first?.response);
  expect(other?.code).toBe(6);
  const attachmentId = attachmentIdOf(first);
  await callNetd(host, alice, { calls: [{ method: "Detach", request: { attachmentId } }] });
  await waitFor(async () => (await host.residue()).records.length === 0, { what: "the detach" });
});

describe("malformed requests are refused before anything is looked at (R4, R15)", () => {
  test.each([
    ["an interface with a separator", { interface: "a/b" }],
    ["an interface that is too long", { interface: "a234567890123456" }],
    ["a reserved interface", { interface: "all" }],
    ["lo", { interface: "lo" }],
    ["a network name that hides another (R5)", { network: "lab-x" }],
    ["an injected argument (R1)", { network: "lab;IP=1.2.3.4" }],
    ["a NUL", { network: "lab\0" }],
    ["no key", { idempotencyKey: "" }],
    ["a key of control characters", { idempotencyKey: "a\nb" }],
    ["a descriptor number out of range", { netnsFd: 4294967295 }],
  ])("%s", async (_, request) => {
    const [result] = await callNetd(host, host.users.alice, {
      calls: [attach({ netnsFd: 3, leaseFd: 4, ...request })],
    });
    expect(result?.code).toBe(invalidArgument);
    expect(result?.details).toMatch(/^malformed request: [a-z_0-9 ,.-]+$/i);
  });

  test("a message that is too large (Q3)", async () => {
    const [result] = await callNetd(host, host.users.alice, {
      calls: [attach({ network: "x".repeat(20_000) })],
    });
    expect(result?.code).toBe(8);
  });
});
