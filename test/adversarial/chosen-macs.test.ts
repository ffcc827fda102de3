import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { labConflist, TestHost } from "../fixtures/test-host.ts";
import { attach, attachmentIdOf, makeNamespace, type UserNamespace } from "../fixtures/user-namespaces.ts";
import { checked } from "../fixtures/users.ts";

let host: TestHost;
let alices: UserNamespace;
beforeAll(async () => {
  host = await TestHost.start();
  const [bridge] = labConflist.plugins;
  const conflist = { ...labConflist, plugins: [{ ...bridge, capabilities: { mac: true } }] };
  host.writeConflist(conflist);
  const { alice, bob } = host.users;
  const rules = [alice, bob].map(
    ({ name }) => `[allow user:${name} network:lab]\nattachments = 8\nmac = chosen\n`,
  );
  await host.startNetd({
    policy: `[network lab]\nconflist = lab.conflist\nhost-access = all\nisolation = open\n${rules.join("")}`,
  });
  alices = await makeNamespace(host, alice);
  attachmentIdOf(await attach(host, alice, alices));
});
afterAll(() => host[Symbol.asyncDispose]());

async function output(...argv: readonly string[]): Promise<string> {
  return checked(argv, await host.asRoot(argv)).stdout;
}

async function macOf(link: string): Promise<string> {
  return /link\/ether (\S+)/.exec(await output("ip", "-o", "link", "show", link))?.[1] ?? "";
}

async function reachesGateway(): Promise<boolean> {
  const ping = ["nsenter", `--net=/proc/${alices.pid}/ns/net`, "busybox", "ping", "-c1", "-W3", "10.20.0.1"];
  return (await host.asRoot(ping)).exitCode === 0;
}

describe("a MAC address that a user chooses", () => {
  test("cannot be the gateway's: everybody's packets to it would go to him (D1, D6)", async () => {
    expect(await reachesGateway()).toBeTrue();
    const { bob } = host.users;
    const mac = await macOf("lab0");
    const answer = await attach(host, bob, await makeNamespace(host, bob), { mac });
    expect(await reachesGateway()).toBeTrue();
    expect(answer.code).not.toBe(0);
  });

  test("cannot be another attachment's", async () => {
    const { bob } = host.users;
    const shown = await output(
      "nsenter",
      `--net=/proc/${alices.pid}/ns/net`,
      "ip",
      "-o",
      "link",
      "show",
      "eth0",
    );
    const mac = /link\/ether (\S+)/.exec(shown)?.[1];
    expect((await attach(host, bob, await makeNamespace(host, bob), { mac })).code).not.toBe(0);
    expect(await reachesGateway()).toBeTrue();
  });
});
