import { afterAll, beforeAll, expect, test } from "bun:test";
import { labConflist, TestHost } from "../../fixtures/test-host.ts";
import { attach, attachmentIdOf, makeNamespace, type UserNamespace } from "../../fixtures/user-namespaces.ts";
import type { TestUser } from "../../fixtures/users.ts";

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
  const [bridge] = labConflist.plugins;
  const ipam = { type: "host-local", ranges: [[{ subnet: "10.20.0.0/29" }]] };
  const plugins = [{ ...bridge, ipam, capabilities: { ips: true } }];
  const conflist = { ...labConflist, plugins };
  host.writeConflist(conflist);
  const { alice, bob } = host.users;
  await host.startNetd({
    policy:
      `[network lab]\nconflist = lab.conflist\n[allow user:${alice.name} network:lab]\nattachments = 8\n` +
      `static-ips = 10.20.0.2/31\n[allow user:${bob.name} network:lab]\nattachments = 8\n`,
  });
});
afterAll(() => host[Symbol.asyncDispose]());

async function addressOf(user: TestUser, request = {}): Promise<string> {
  const namespace: UserNamespace = await makeNamespace(host, user);
  const answer = await attach(host, user, namespace, request);
  attachmentIdOf(answer);
  return String((answer.response as { attachment: { addresses: string[] } }).attachment.addresses[0]);
}

test("addresses that a rule lets one user ask for are given to nobody who asks for none (Q6)", async () => {
  const { alice, bob } = host.users;
  const given = [await addressOf(bob), await addressOf(alice), await addressOf(bob)];
  expect(given).toEqual([4, 5, 6].map((last) => `10.20.0.${last}/29`));
  // There are no others, and still hers are free.
  await expect(addressOf(bob)).rejects.toThrow("not attached");
  expect(await addressOf(alice, { addresses: ["10.20.0.2"] })).toBe("10.20.0.2/29");
});

test("an address that the host has got since the policy was loaded is given to nobody (D6)", async () => {
  const { alice } = host.users;
  await host.asRoot(["ip", "address", "add", "10.20.0.3/32", "dev", "lab0"]);
  const answer = await attach(host, alice, await makeNamespace(host, alice), { addresses: ["10.20.0.3"] });
  expect(answer).toMatchObject({ code: 6, details: "the address 10.20.0.3 is the host's own" });
  await host.asRoot(["ip", "address", "delete", "10.20.0.3/32", "dev", "lab0"]);
  expect(await addressOf(alice, { addresses: ["10.20.0.3"] })).toBe("10.20.0.3/29");
});
