import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningCommand } from "../../fixtures/running-command.ts";
import { labPolicy, TestHost } from "../../fixtures/test-host.ts";
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
  writeFileSync(policy, `[network more]\nconflist = ${conflist.name}.conflist\n`);
  const before = netd.stderr.length;
  netd.kill("SIGHUP");
  const said = () => netd.stderr.slice(before);
  // The network without rules is warned of once the policy is taken over.
  await waitFor(() => /not loaded|nobody can use it/.test(said()), { what: "the reload" });
  rmSync(policy);
  return said();
}

function conflistOn(subnet: string, plugin: object) {
  const ipam = { type: "host-local", ranges: [[{ subnet }]] };
  return { cniVersion: "1.0.0", name: "more", plugins: [{ ...plugin, ipam }] };
}
const bridge = { type: "bridge", bridge: "more0", isGateway: true };

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
