import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callNetd } from "../../fixtures/call-netd.ts";
import { changeJournal } from "../../fixtures/change-journal.ts";
import { noResidue, recordsIn } from "../../fixtures/residue.ts";
import type { RunningCommand } from "../../fixtures/running-command.ts";
import { labPolicy, runDirectory, TestHost } from "../../fixtures/test-host.ts";
import { attachInput, attachmentIdOf, makeNamespace } from "../../fixtures/user-namespaces.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
});
afterAll(() => host[Symbol.asyncDispose]());
beforeEach(() => {
  for (const name of readdirSync(host.path(runDirectory)))
    if (name.startsWith("journal.db")) rmSync(host.path(join(runDirectory, name)));
});

const journal = () => host.path(join(runDirectory, "journal.db"));

async function end(netd: RunningCommand): Promise<void> {
  netd.kill("SIGTERM");
  expect(await netd.exited).toBe(0);
}

async function attachAsAlice() {
  const { alice } = host.users;
  const namespace = await makeNamespace(host, alice);
  const [attached] = await callNetd(host, alice, attachInput(namespace));
  const id = attachmentIdOf(attached);
  return {
    id,
    detach: async () => {
      await callNetd(host, alice, { calls: [{ method: "Detach", request: { attachmentId: id } }] });
      await waitFor(async () => (await host.residue()).records.length === 0, { what: "the detach" });
      namespace.process.kill("SIGKILL");
    },
  };
}

describe("a start with a journal that is not as it should be", () => {
  test("a record that nobody can read is put aside, and the others are served (Q11)", async () => {
    const first = await host.startNetd();
    const { id, detach } = await attachAsAlice();
    await end(first);
    changeJournal(host, (database) => {
      const poison = [
        ["0".repeat(32), "{"],
        ["1".repeat(32), '{"id":"__proto__"}'],
        ["x", "null"],
      ] as const;
      for (const row of poison) database.run("INSERT INTO attachment VALUES (?, ?)", [...row]);
    });
    const second = await host.startNetd();
    expect(second.stderr).toContain("3 broken records are in its table quarantine");
    expect((await host.residue()).records).toEqual([id]);
    expect(recordsIn(journal(), "quarantine")).toHaveLength(3);
    await detach();
    await end(second);
    // What is in quarantine is said at every start.
    expect(await host.residue()).toEqual(noResidue);
  });

  test("a journal that is damaged is moved aside; what it knew is found by its residue, and kept (Q11)", async () => {
    const first = await host.startNetd();
    await attachAsAlice();
    await end(first);
    for (const suffix of ["-wal", "-shm"]) rmSync(journal() + suffix, { force: true });
    writeFileSync(journal(), "this is no database".repeat(1000));
    const second = await host.startNetd();
    const [, damaged = ""] =
      /journal: it was damaged and is now (\S+\.damaged-\d+)/.exec(second.stderr) ?? [];
    const residue = await host.residue();
    expect(residue.records).toEqual([]);
    expect(residue.pins).toHaveLength(1);
    expect(residue.leases).toHaveLength(1);
    await end(second);
    // The admin has looked at it: the next start knows all there is again, and takes away what belongs to nothing.
    rmSync(host.path(damaged));
    await host.asRoot(["ip", "link", "del", residue.veths[0] ?? "none"]);
    const third = await host.startNetd();
    await host.waitForNoResidue();
    await end(third);
  });

  test("a journal of a later version is refused, and left as it is (F8)", async () => {
    await end(await host.startNetd());
    changeJournal(host, (database) => database.run("PRAGMA user_version = 99"));
    const netd = host.spawnAsRoot(host.netdArguments());
    expect(await netd.exited).not.toBe(0);
    expect(netd.stderr).toMatch(/written by a later cntnr-netd \(journal version 99\)/);
    expect(existsSync(host.path(join(runDirectory, "netd.sock")))).toBe(false);
  });
});

test("leases that a crash left empty, and pins of nothing, are free again after a start (F2)", async () => {
  const leases = host.path(join(runDirectory, "leases/lab"));
  mkdirSync(leases, { recursive: true });
  for (let last = 2; last < 10; last++) writeFileSync(join(leases, `10.20.0.${last}`), "");
  writeFileSync(host.path(join(runDirectory, "ns", "f".repeat(32))), "");
  const netd = await host.startNetd();
  expect(netd.stderr).toContain("lease lab/10.20.0.2 belonged to nothing and is free again");
  expect(await host.residue()).toEqual(noResidue);
  const { detach } = await attachAsAlice();
  await detach();
  await end(netd);
});

test("an attachment that somebody has changed while netd was away is named in the audit log, and kept", async () => {
  const first = await host.startNetd();
  const { alice } = host.users;
  const [kept, changed] = [await makeNamespace(host, alice), await makeNamespace(host, alice)];
  const ids: string[] = [];
  for (const namespace of [kept, changed])
    ids.push(attachmentIdOf((await callNetd(host, alice, attachInput(namespace)))[0]));
  await end(first);
  await host.asRoot(["nsenter", `--net=/proc/${changed.pid}/ns/net`, "ip", "addr", "flush", "dev", "eth0"]);
  const second = await host.startNetd();
  const named = () =>
    host.auditLines().filter(({ reason }) => String(reason).startsWith("not as it was made: bridge CHECK"));
  await waitFor(() => named().length > 0, { what: "the line" });
  expect((await host.residue()).records.sort()).toEqual(ids.toSorted());
  for (const { process } of [kept, changed]) process.kill("SIGKILL");
  await host.waitForNoResidue();
  expect(named().map(({ attachment }) => attachment)).toEqual([ids[1]]);
  await end(second);
});

test("without a policy everything is denied, and what is attached can still be detached (C4, C5)", async () => {
  const first = await host.startNetd();
  const { id, detach } = await attachAsAlice();
  await end(first);
  const second = await host.startNetd({ policy: "[network lab]\nconflist = nowhere.conflist\n" });
  expect(second.stderr).toContain("policy: not loaded, everything is denied");
  // A line each, as it is read in the log.
  expect(second.stderr).not.toContain("\\n");
  const { alice } = host.users;
  const [refused] = await callNetd(host, alice, attachInput(await makeNamespace(host, alice)));
  expect(refused?.code).toBe(7);
  expect((await host.residue()).records).toEqual([id]);
  await detach();
  expect(await host.residue()).toEqual(noResidue);
  await end(second);
});

test("a reload that fails keeps the last good policy, and one that works replaces it as a whole (C4)", async () => {
  const netd = await host.startNetd();
  const { alice } = host.users;
  writeFileSync(host.policyFile, `${labPolicy}\nnonsense = yes\n`);
  netd.kill("SIGHUP");
  await netd.waitForOutput(/policy: not loaded, the last good policy stays in force/);
  const { detach } = await attachAsAlice();
  await detach();
  writeFileSync(host.policyFile, labPolicy.replace("attachments = 8", "attachments = 0"));
  netd.kill("SIGHUP");
  await waitFor(() => host.auditLines().at(-1)?.reason === "loaded", { what: "the new policy" });
  const [refused] = await callNetd(host, alice, attachInput(await makeNamespace(host, alice)));
  expect(refused?.code).toBe(7);
  await end(netd);
});

test("a second netd beside a running one is refused (P7)", async () => {
  const netd = await host.startNetd();
  const other = host.spawnAsRoot(host.netdArguments());
  expect(await other.exited).not.toBe(0);
  expect(other.stderr).toContain("another cntnr-netd runs");
  const { detach } = await attachAsAlice();
  await detach();
  await end(netd);
});

describe("a second netd with a run directory of its own", () => {
  const elsewhere = () => {
    const more = [
      "--run-dir",
      join(host.directory, "run"),
      "--audit-log",
      join(host.directory, "more/audit.jsonl"),
    ];
    return [...host.netdArguments(), ...more];
  };

  test("is refused in the same network namespace, and says beside whom (P7)", async () => {
    const netd = await host.startNetd();
    const other = host.spawnAsRoot(elsewhere());
    expect(await other.exited).toBe(1);
    expect(other.stderr).toContain(`another cntnr-netd (process ${netd.pid}: cntnr-netd serve --policy-dir `);
    expect(other.stderr).toContain("serves this network namespace: end it first");
    const { detach } = await attachAsAlice();
    await detach();
    await end(netd);
    const next = host.spawnAsRoot(elsewhere());
    await next.waitForOutput(/^cntnr-netd: ready$/m);
    await end(next);
  });

  test("is not kept from starting by a user who locks the namespace", async () => {
    const { alice } = host.users;
    const lock = host.spawnAsUser(alice, ["flock", "/proc/self/ns/net", "sh", "-c", "echo locked; exec cat"]);
    await lock.waitForOutput(/^locked$/m);
    const netd = await host.startNetd();
    expect(netd.stderr).toContain("which is no cntnr-netd, has locked this network namespace");
    await end(netd);
    lock.kill("SIGTERM");
    await lock.exited;
  });
});
