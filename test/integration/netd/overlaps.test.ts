import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningCommand } from "../../fixtures/running-command.ts";
import { labPolicy, TestHost } from "../../fixtures/test-host.ts";
import { attach, attachmentIdOf, makeNamespace } from "../../fixtures/user-namespaces.ts";
import { checked } from "../../fixtures/users.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

let host: TestHost;
let netd: RunningCommand;
beforeAll(async () => {
  host = await TestHost.start();
  for (const words of [
    "link add out0 type veth peer name out1",
    "link set out0 up",
    "link set out1 up",
    "address add 192.0.2.10/24 dev out0",
    "route add 198.51.100.0/24 via 192.0.2.1",
    "route add default via 192.0.2.1",
  ])
    checked(["ip", words], await host.asRoot(["ip", ...words.split(" ")]));
  netd = await host.startNetd();
});
afterAll(() => host[Symbol.asyncDispose]());

/** What the log says of a reload with a further network. */
async function reloadWith(conflist: { readonly name: string }): Promise<string> {
  host.writeConflist(conflist);
  const policy = join(host.directory, "etc/netd.d/20-more.conf");
  const draft = join(host.directory, "20-more.conf");
  writeFileSync(draft, `[network more]\nconflist = ${conflist.name}.conflist\n`);
  const directories = host.netdArguments().slice(2, 6);
  const installed = await host.asRoot(["cntnr-netd", "policy", "install", draft, ...directories]);
  cpSync(draft, policy);
  const before = netd.stderr.length;
  netd.kill("SIGHUP");
  const said = () => netd.stderr.slice(before);
  // The network without rules is warned of once the policy is taken over.
  await waitFor(() => /not loaded|nobody can use it/.test(said()), { what: "the reload" });
  const checked = await host.asRoot(["cntnr-netd", "policy", "check", ...directories]);
  // What the service refuses, the administrator is told before.
  for (const { exitCode, stderr } of [installed, checked])
    expect([exitCode, /\(D[68]\)/.test(stderr)]).toEqual(
      said().includes("not loaded") ? [1, true] : [0, false],
    );
  rmSync(policy);
  return said();
}

function conflistOn(subnet: string, plugin: object) {
  const ipam = { type: "host-local", ranges: [[{ subnet }]] };
  return { cniVersion: "1.0.0", name: "more", plugins: [{ ...plugin, ipam }] };
}
const bridge = { type: "bridge", bridge: "more0", isGateway: true };

test("whose attachments have links and routes of their own is good while there are some (D6)", async () => {
  const ptp = { type: "ptp", ipam: { type: "host-local", ranges: [[{ subnet: "10.40.0.0/24" }]] } };
  host.writeConflist({ cniVersion: "1.0.0", name: "direct", plugins: [ptp] } as { name: string });
  const rule =
    "[network direct]\nconflist = direct.conflist\n[allow group:cntnr-dev network:direct]\nattachments = 1\n";
  writeFileSync(host.policyFile, `${labPolicy}${rule}`);
  // The start has loaded a policy, too.
  const loads = () => host.auditLines().filter(({ reason }) => reason === "loaded").length;
  const before = loads();
  netd.kill("SIGHUP");
  await waitFor(() => loads() > before, { what: "the reload" });
  const { alice } = host.users;
  const namespace = await makeNamespace(host, alice);
  attachmentIdOf(await attach(host, alice, namespace, { network: "direct" }));
  const check = ["cntnr-netd", "policy", "check", ...host.netdArguments().slice(2, 6)];
  expect(await host.asRoot(check)).toMatchObject({ exitCode: 0, stderr: "" });
  const draft = ["cntnr-netd", "policy", "check", host.policyFile, ...host.netdArguments().slice(4, 6)];
  expect(await host.asUser(alice, draft)).toMatchObject({ exitCode: 0, stderr: "" });
  writeFileSync(host.policyFile, labPolicy);
});

describe("a network (D6)", () => {
  test.each([
    ["192.0.2.128/25", "overlaps the host's address 192.0.2.10/24 (out0)"],
    ["198.51.100.0/25", "overlaps the host's route to 198.51.100.0/24 (out0)"],
    ["169.254.0.0/16", "overlaps link-local addresses, cloud metadata among them"],
    ["10.20.0.128/25", "overlaps network lab"],
  ])("on %s is refused, and the last good policy stays", async (subnet, reason) => {
    const said = await reloadWith(conflistOn(subnet, bridge));
    expect(said).toContain("not loaded, the last good policy stays in force");
    expect(said).toContain(`network more: ${subnet} ${reason}`);
  });

  test("on another network's bridge is refused (D8)", async () => {
    const said = await reloadWith(conflistOn("10.30.0.0/24", { ...bridge, bridge: "lab0" }));
    expect(said).toContain("not loaded, the last good policy stays in force");
    expect(said).toContain("network more: its bridge lab0 is network lab's: give it one of its own (D8)");
  });

  test("beside everything of the host's is not", async () => {
    expect(await reloadWith(conflistOn("10.30.0.0/24", bridge))).not.toContain("not loaded");
  });

  test("whose attachments join a network of the host's has its addresses, and no others'", async () => {
    const unfiltered = { cntnr: { acceptUnfiltered: true } };
    const macvlan = { type: "macvlan", mode: "bridge" };
    const named = conflistOn("192.0.2.0/24", { ...macvlan, master: "out0" });
    expect(await reloadWith({ ...named, ...unfiltered })).not.toContain("not loaded");
    const byDefault = conflistOn("192.0.2.0/24", macvlan);
    expect(await reloadWith({ ...byDefault, ...unfiltered })).not.toContain("not loaded");
    const other = conflistOn("192.0.2.0/24", { ...macvlan, master: "out1" });
    expect(await reloadWith({ ...other, ...unfiltered })).toContain(
      "overlaps the host's address 192.0.2.10/24",
    );
  });

  test("is the same after its own bridge has its address and route", async () => {
    checked(["ip"], await host.asRoot(["ip", "link", "add", "lab0", "type", "bridge"]));
    checked(["ip"], await host.asRoot(["ip", "address", "add", "10.20.0.1/24", "dev", "lab0"]));
    checked(["ip"], await host.asRoot(["ip", "link", "set", "lab0", "up"]));
    netd.kill("SIGTERM");
    expect(await netd.exited).toBe(0);
    netd = await host.startNetd({ policy: labPolicy });
    expect(netd.stderr).not.toContain("not loaded");
  });
});
