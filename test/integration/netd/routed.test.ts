import { afterAll, beforeAll, expect, test } from "bun:test";
import { TestHost } from "../../fixtures/test-host.ts";
import { attach, makeNamespace, type UserNamespace } from "../../fixtures/user-namespaces.ts";

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
  const ranges = [[{ subnet: "10.41.0.0/24" }], [{ subnet: "fd41::/64" }]];
  const routes = [{ dst: "0.0.0.0/0" }, { dst: "::/0" }];
  const ptp = { type: "ptp", ipam: { type: "host-local", ranges, routes } };
  const conflist = { cniVersion: "1.0.0", name: "routed", plugins: [ptp] };
  host.writeConflist(conflist);
  await host.startNetd({
    policy:
      "[network routed]\nconflist = routed.conflist\nhost-access = all\n[allow group:cntnr-dev network:routed]\nattachments = 8\n",
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const readSettings = "cat /proc/sys/net/ipv6/conf/eth0/accept_dad /proc/sys/net/ipv6/conf/default/accept_dad";

/** Milliseconds until the answer, by the clock of who asks: how long he takes to be started says nothing. */
async function pingFrom({ pid }: UserNamespace, address: string): Promise<number> {
  const ping = ["busybox", "ping6", "-c1", "-W5", address];
  const { exitCode, stdout } = await host.asRoot(["nsenter", `--net=/proc/${pid}/ns/net`, ...ping]);
  expect(exitCode).toBe(0);
  return Number(/time=([\d.]+) ms/.exec(stdout)?.[1]);
}

test("the gateway of a routed network answers in IPv6 as soon as it is attached, on every link that has the address", async () => {
  const namespaces: UserNamespace[] = [];
  for (let count = 0; count < 2; count++) {
    const namespace = await makeNamespace(host, host.users.alice);
    namespaces.push(namespace);
    const { code } = await attach(host, host.users.alice, namespace, { network: "routed" });
    expect(code).toBe(0);
    const { stdout } = await host.asRoot(["ip", "-6", "-o", "address", "show", "tentative"]);
    expect(stdout).toBe("");
    // Who asks a host that has not the address yet asks again after a second.
    expect(await pingFrom(namespace, "fd41::1")).toBeLessThan(900);
    // The plugin waits for a second and more until nobody else claims the container's address; here nobody can.
    const settings = await host.asRoot([
      "nsenter",
      `--net=/proc/${namespace.pid}/ns/net`,
      "sh",
      "-c",
      readSettings,
    ]);
    expect(settings.stdout).toBe("0\n1\n");
  }
  for (const namespace of namespaces) await pingFrom(namespace, "fd41::1");
  for (const { process } of namespaces) process.kill("SIGKILL");
  await host.waitForNoResidue();
});
