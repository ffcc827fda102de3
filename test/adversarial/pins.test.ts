import { afterAll, beforeAll, expect, test } from "bun:test";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { noResidue } from "../fixtures/residue.ts";
import type { RunningCommand } from "../fixtures/running-command.ts";
import { runDirectory, TestHost } from "../fixtures/test-host.ts";
import { attach, attachmentIdOf, makeNamespace } from "../fixtures/user-namespaces.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let host: TestHost;
let netd: RunningCommand;
beforeAll(async () => {
  host = await TestHost.start();
  netd = await host.startNetd();
});
afterAll(async () => {
  expect(await host.residue()).toEqual(noResidue);
  await host[Symbol.asyncDispose]();
});

const pins = join(runDirectory, "ns");
/** What the plugins know the only attachment by. */
function leaseHolder(): string {
  const leases = host.path(join(runDirectory, "leases/lab"));
  const [address = ""] = readdirSync(leases).filter((name) => name.startsWith("10."));
  return readFileSync(join(leases, address), "utf8").split(/\s/)[0] ?? "";
}

const isGone = async () => (await host.residue()).records.length === 0;

test("namespaces that are made one after the other are never taken for each other, though inodes come again (N8, R6)", async () => {
  const { alice } = host.users;
  const seen: { id: string; containerId: string; netnsId: string }[] = [];
  for (let round = 0; round < 4; round++) {
    const namespace = await makeNamespace(host, alice);
    // All that the caller says is the same each time.
    const id = attachmentIdOf(await attach(host, alice, namespace, { idempotencyKey: "again" }));
    const { stdout } = await host.asRoot(["cntnr-netd", "inspect", id]);
    const { netns } = JSON.parse(stdout) as { netns: { id: string } };
    seen.push({ id, netnsId: netns.id, containerId: leaseHolder() });
    namespace.process.kill("SIGKILL");
    await waitFor(isGone, { what: "the detach" });
  }
  expect(seen.length).toBe(4);
  for (const key of ["id", "containerId", "netnsId"] as const)
    expect(new Set(seen.map((record) => record[key])).size).toBe(4);
});

test("a namespace without a process is there until its clean-up is done, where only root can enter (N9, N11)", async () => {
  const { alice } = host.users;
  const namespace = await makeNamespace(host, alice);
  const id = attachmentIdOf(await attach(host, alice, namespace));
  const directory = lstatSync(host.path(pins));
  expect([directory.mode & 0o777, directory.uid]).toEqual([0o700, 0]);
  expect(readdirSync(host.path(pins))).toEqual([id]);

  netd.kill("SIGSTOP");
  try {
    namespace.process.kill("SIGKILL");
    await namespace.process.exited;
    const { exitCode, stdout } = await host.asRoot(["nsenter", `--net=${pins}/${id}`, "ip", "-o", "addr"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("10.20.0.");
  } finally {
    netd.kill("SIGCONT");
  }
  await waitFor(isGone, { what: "the detach" });
});

test("nothing of netd can be reached by a network, and it serves no names (D12)", async () => {
  const namespace = await makeNamespace(host, host.users.alice);
  await attach(host, host.users.alice, namespace);
  for (const kind of ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"]) {
    const sockets = readFileSync(`/proc/${host.place.pid}/net/${kind}`, "utf8").trim().split("\n").slice(1);
    expect(sockets).toEqual([]);
  }
  namespace.process.kill("SIGKILL");
  await waitFor(isGone, { what: "the detach" });
});
