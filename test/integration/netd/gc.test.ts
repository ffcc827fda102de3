import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandResult } from "../../../runtime/process/run-command.ts";
import { changeJournal } from "../../fixtures/change-journal.ts";
import { noResidue } from "../../fixtures/residue.ts";
import type { RunningCommand } from "../../fixtures/running-command.ts";
import { runDirectory, TestHost } from "../../fixtures/test-host.ts";
import { attach, attachmentIdOf, makeNamespace, type UserNamespace } from "../../fixtures/user-namespaces.ts";
import { checked } from "../../fixtures/users.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

let host: TestHost;
let netd: RunningCommand;
let namespace: UserNamespace;
let id: string;
let beforeFirstStart: CommandResult;
beforeAll(async () => {
  host = await TestHost.start();
  beforeFirstStart = await gc();
  netd = await host.startNetd();
});
afterAll(() => host[Symbol.asyncDispose]());
beforeEach(async () => {
  namespace = await makeNamespace(host, host.users.alice);
  id = attachmentIdOf(await attach(host, host.users.alice, namespace));
});

const gc = (...flags: string[]) => host.asRoot(["cntnr-netd", "gc", ...flags, "--run-dir", runDirectory]);
const run = async (...argv: string[]) => checked(argv, await host.asRoot(argv)).stdout;
const leases = () => host.path(join(runDirectory, "leases/lab"));

async function endAttachment(): Promise<void> {
  namespace.process.kill("SIGKILL");
  await host.waitForNoResidue();
}

test("where everything belongs to an attachment, it says so and what it has looked at", async () => {
  const { exitCode, stdout } = await gc();
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^1 attachments; 1 pins, 1 leases, 1 links, \d+ elements of rules looked at: nothing is left over, nothing is missing\n$/,
  );
  await endAttachment();
  expect((await gc()).stdout).toMatch(/^0 attachments; 0 pins, 0 leases, 0 links, 0 elements/);
});

test("what belongs to nothing is named, taken away when that is wanted, and what lives is not touched", async () => {
  const before = await host.residue();
  writeFileSync(join(leases(), "10.20.0.77"), `c${"0".repeat(31)}\neth0`);
  writeFileSync(join(leases(), "10.20.0.78"), "");
  writeFileSync(host.path(join(runDirectory, "ns", "f".repeat(32))), "");
  await run("ip", "link", "add", "veth77777777", "type", "veth", "peer", "name", "stray-peer");
  await run("ip", "link", "set", "veth77777777", "master", "lab0");
  await run("nft", "add", "element", "inet", "cntnr_netd", "container4", "{ 10.20.0.77 }");
  const isHealed = async () => Bun.deepEquals((await host.residue()).nftElements, before.nftElements);
  // netd's own watch of its tables is quicker than any administrator.
  await waitFor(isHealed, { what: "the tables made anew" });
  const dry = await gc("--dry-run");
  expect(dry.exitCode).toBe(1);
  const strays = [
    `pin ${"f".repeat(32)}`,
    "lease lab/10.20.0.77",
    "lease lab/10.20.0.78",
    "link veth77777777",
  ];
  for (const stray of strays) expect(dry.stdout).toContain(`belongs to nothing: ${stray}\n`);
  const fixed = await gc("--fix");
  for (const stray of strays) expect(fixed.stdout).toContain(`removed: ${stray}\n`);
  expect(fixed.exitCode).toBe(0);
  expect(await host.residue()).toEqual(before);
  expect((await gc()).exitCode).toBe(0);
  expect(host.auditLines().at(-1)).toMatchObject({ event: "admin", reason: "gc", residue: strays });
  await endAttachment();
});

test("what an attachment lacks is named", async () => {
  const [lease = ""] = readdirSync(leases()).filter((name) => name.startsWith("10.20.0."));
  rmSync(join(leases(), lease));
  const { exitCode, stdout } = await gc();
  expect(exitCode).toBe(1);
  expect(stdout).toContain(`missing: lease lab/${lease} of ${id}\n`);
  await endAttachment();
});

test("without the service it looks all the same, and takes nothing away", async () => {
  netd.kill("SIGKILL");
  await netd.exited;
  const looked = await gc();
  expect(looked.exitCode).toBe(3);
  expect(looked.stderr).toContain("cntnr-netd does not run here");
  expect(looked.stdout).toContain("1 attachments; 1 pins, 1 leases, 1 links");
  expect(looked.stdout).toContain("nothing is left over, nothing is missing");
  expect((await gc("--fix")).exitCode).toBe(1);
  netd = await host.startNetd();
  await endAttachment();
});

test("before the first start there is nothing to look at, which is no error", async () => {
  expect(beforeFirstStart).toMatchObject({
    exitCode: 3,
    stdout: expect.stringMatching(
      /^0 attachments; 0 pins, 0 leases, .* nothing is left over, nothing is missing\n$/,
    ),
  });
  await endAttachment();
});

test("nothing is taken away while a record cannot be read, also after a restart, until the administrator says so (F10, Q11)", async () => {
  netd.kill("SIGKILL");
  await netd.exited;
  changeJournal(host, (database) => {
    database.run(`UPDATE attachment SET record = '{"id":"${id}"}'`);
  });
  for (let start = 0; start < 2; start++) {
    netd = await host.startNetd();
    const refused = await gc("--fix");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toBe(
      `cntnr-netd: nobody can read record ${id}: what belongs to containers that live could be taken for residue\n`,
    );
    expect((await host.residue()).pins).toEqual([id]);
    netd.kill("SIGTERM");
    await netd.exited;
  }
  netd = await host.startNetd();
  const { exitCode, stdout } = await gc("--fix", "--discard-unreadable");
  expect(stdout).toContain(`forgotten: ${id}\n`);
  expect(stdout).toContain(`removed: pin ${id}\n`);
  expect(exitCode).toBe(0);
  expect(await host.residue()).toEqual(noResidue);
  namespace.process.kill("SIGKILL");
});
