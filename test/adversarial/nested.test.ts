import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { callNetd } from "../fixtures/call-netd.ts";
import type { CallerResult } from "../fixtures/netd-caller.ts";
import { labPolicy, TestHost } from "../fixtures/test-host.ts";
import {
  attach,
  attachInput,
  attachmentIdOf,
  detach,
  makeNamespace,
  type UserNamespace,
} from "../fixtures/user-namespaces.ts";
import type { TestUser } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
  // Of the group that may use the network, alice alone may do so from inside of containers.
  const nested = `[allow user:${host.users.alice.name} network:lab]\nattachments = 4\nnested = yes\n`;
  await host.startNetd({ policy: `${labPolicy}${nested}` });
});
afterAll(() => host[Symbol.asyncDispose]());

/** A container of the user's, and what is called from inside of it: by its root, for its own namespace. */
async function makeContainer(user: TestUser) {
  const container = await makeNamespace(host, user);
  const before = ["nsenter", "--user", "--preserve-credentials", `--target=${container.pid}`];
  const call = async (input: Parameters<typeof callNetd>[2]): Promise<CallerResult | undefined> =>
    (await callNetd(host, user, input, before))[0];
  return { container, call };
}

const list = { calls: [{ method: "List" as const, request: {} }] };
const idsIn = (answer: CallerResult | undefined) => {
  const response = answer?.response as { attachments: { id: string }[] } | undefined;
  return response?.attachments.map(({ id }) => id).sort();
};

async function end(...namespaces: readonly UserNamespace[]): Promise<void> {
  for (const { process } of namespaces) process.kill("SIGKILL");
  await host.waitForNoResidue();
}

describe("root of a container, where a rule gives its owner nested = yes (P8)", () => {
  test("attaches its own namespace, and its owner has that like all others", async () => {
    const { alice } = host.users;
    const { container, call } = await makeContainer(alice);
    const id = attachmentIdOf(await call(attachInput(container)));
    expect(idsIn(await call(list))).toEqual([id]);
    expect(idsIn((await callNetd(host, alice, list))[0])).toEqual([id]);
    expect((await host.residue()).records).toEqual([id]);
    expect((await detach(host, alice, id)).code).toBe(0);
    await end(container);
  });

  test("has nothing of what its owner has: it neither sees nor ends it, and what it has counts as its owner's", async () => {
    const { alice } = host.users;
    const outside = await makeNamespace(host, alice);
    const outer = attachmentIdOf(await attach(host, alice, outside));
    const { container, call } = await makeContainer(alice);
    expect(idsIn(await call(list))).toEqual([]);
    const detached = await call({ calls: [{ method: "Detach", request: { attachmentId: outer } }] });
    expect(detached?.code).toBe(0);
    expect((await host.residue()).records).toEqual([outer]);
    const inner = attachmentIdOf(await call(attachInput(container)));
    const networks = await call({ calls: [{ method: "Networks", request: {} }] });
    expect(networks?.response).toMatchObject({
      networks: [{ name: "lab", attachmentsUsed: 2, attachmentsLimit: 4 }],
    });
    expect((await host.residue()).records.sort()).toEqual([outer, inner].sort());
    await end(container, outside);
  });

  test("cannot attach its owner's other namespaces, whose descriptors it does not get (N1, N2)", async () => {
    const { alice } = host.users;
    const outside = await makeNamespace(host, alice);
    const { container, call } = await makeContainer(alice);
    await expect(call(attachInput(outside))).rejects.toThrow(/EACCES|EPERM|permission/i);
    await end(container, outside);
  });

  test("attaches a container in the container, and its owner may attach that from outside (N6)", async () => {
    const { alice } = host.users;
    const inner = await makeNamespace(host, alice, ["unshare", "--user", "--map-root-user"]);
    const answer = await attach(host, alice, inner);
    expect(answer.code).toBe(0);
    await end(inner);
  });

  test("has its attachments ended with its processes, like everybody (N10)", async () => {
    const { container, call } = await makeContainer(host.users.alice);
    attachmentIdOf(await call(attachInput(container)));
    await end(container);
  });
});

test("root of a container whose owner no rule lets nest is not heard at all, whatever it asks (P8)", async () => {
  const { carol } = host.users;
  const { container, call } = await makeContainer(carol);
  for (const input of [list, attachInput(container), { calls: [{ method: "Status" as const, request: {} }] }])
    expect((await call(input))?.code).not.toBe(0);
  const refusals = () =>
    host
      .auditLines()
      .filter(({ reason }) => String(reason).startsWith("refused: peer is in a user namespace"));
  await waitFor(() => refusals().length > 0, { what: "the line in the audit log" });
  expect((await host.residue()).records).toEqual([]);
  await end(container);
});

test("a reload that takes nested = yes away is heard by the next connection, and what is attached stays (C9)", async () => {
  const { alice } = host.users;
  const { container, call } = await makeContainer(alice);
  const id = attachmentIdOf(await call(attachInput(container)));
  writeFileSync(host.policyFile, labPolicy);
  expect((await host.asRoot(["cntnr-netd", "reload"])).exitCode).toBe(0);
  expect((await call(list))?.code).not.toBe(0);
  expect((await host.residue()).records).toEqual([id]);
  await end(container);
});
