import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, lstatSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callNetd } from "../../fixtures/call-netd.ts";
import { noResidue } from "../../fixtures/residue.ts";
import type { RunningCommand } from "../../fixtures/running-command.ts";
import { labPolicy, runDirectory, TestHost } from "../../fixtures/test-host.ts";
import { attach, attachmentIdOf, makeNamespace, type UserNamespace } from "../../fixtures/user-namespaces.ts";
import { checked } from "../../fixtures/users.ts";

let host: TestHost;
let netd: RunningCommand;
let namespace: UserNamespace;
let id: string;
beforeAll(async () => {
  host = await TestHost.start();
  netd = await host.startNetd();
  namespace = await makeNamespace(host, host.users.alice);
  id = attachmentIdOf(await attach(host, host.users.alice, namespace));
});
afterAll(() => host[Symbol.asyncDispose]());

const adminSocket = join(runDirectory, "admin.sock");
const run = (...words: string[]) => host.asRoot(["cntnr-netd", ...words, "--run-dir", runDirectory]);
const curl = (path: string, ...flags: string[]) =>
  host.asRoot([
    "curl",
    "-sS",
    "--max-time",
    "20",
    "--unix-socket",
    adminSocket,
    ...flags,
    `http://netd${path}`,
  ]);

test("only root can open the administrator's socket", async () => {
  const status = lstatSync(host.path(adminSocket));
  expect([status.mode & 0o777, status.uid]).toEqual([0o600, 0]);
  const argv = ["curl", "-sS", "--unix-socket", adminSocket, "http://netd/attachments"];
  expect((await host.asUser(host.users.alice, argv)).exitCode).not.toBe(0);
  const { exitCode, stderr } = await host.asUser(host.users.alice, ["cntnr-netd", "ls"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("only root may ask");
});

test("whoever else gets at it is not answered: the kernel says who connected", async () => {
  chmodSync(host.path(adminSocket), 0o666);
  const argv = ["curl", "-sS", "--max-time", "5", "--unix-socket", adminSocket, "http://netd/attachments"];
  const { exitCode, stdout } = await host.asUser(host.users.alice, argv);
  chmodSync(host.path(adminSocket), 0o600);
  expect(exitCode).not.toBe(0);
  expect(stdout).toBe("");
});

test("attachments are listed with their users and addresses, and shown whole", async () => {
  const { stdout } = checked(["ls"], await run("ls"));
  expect(stdout).toMatch(
    new RegExp(
      `^${id.slice(0, 12)} +${host.users.alice.name} +lab +eth0 +10\\.20\\.0\\.\\d+/24 +attached +(?:\\d+ seconds?|Less than a second) ago$`,
      "m",
    ),
  );
  const shown = JSON.parse(checked(["inspect"], await run("inspect", id.slice(0, 6))).stdout);
  expect(shown).toMatchObject({ id, uid: host.users.alice.uid, state: "attached" });
  expect(shown).toMatchObject({ plan: { network: "lab", interface: "eth0" } });
  const unknown = await run("inspect", "zzzz");
  expect([unknown.exitCode, unknown.stderr]).toEqual([1, "cntnr-netd: zzzz: there is no such attachment\n"]);
  const short = await run("inspect", id.slice(0, 3));
  expect([short.exitCode, short.stderr]).toEqual([
    1,
    `cntnr-netd: ${id.slice(0, 3)}: write at least 4 characters of the attachment's id\n`,
  ]);
  expect(JSON.parse((await curl(`/attachments/${id}`)).stdout)).toEqual(shown);
});

test("what is asked of it in other ways is answered with HTTP's words", async () => {
  const statusOf = async (...request: string[]) =>
    (
      await host.asRoot([
        "curl",
        "-sS",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        "--unix-socket",
        adminSocket,
        ...request,
      ])
    ).stdout;
  expect(await statusOf("http://netd/nothing")).toBe("404");
  expect(await statusOf("-X", "POST", "http://netd/attachments")).toBe("404");
  expect(await statusOf("http://netd/attachments/00000000")).toBe("400");
  expect(await statusOf("--data", "x".repeat(100_000), "http://netd/reload")).toBe("200");
  expect(await statusOf("http://netd/../../etc/passwd")).toBe("404");
});

test("Prometheus' format has what an administrator watches", async () => {
  await callNetd(host, host.users.bob, {
    calls: [
      { method: "Attach", request: { network: "lab", checkOnly: true } },
      { method: "Attach", request: { network: "made_up", checkOnly: true } },
    ],
  });
  const { stdout } = await curl("/metrics");
  const lines = stdout.split("\n");
  expect(lines).toContain(
    `cntnr_netd_attachments{network="lab",user="${host.users.alice.uid}",state="attached"} 1`,
  );
  expect(lines).toContain('cntnr_netd_decisions_total{outcome="allow",network="lab"} 1');
  expect(lines).toContain('cntnr_netd_decisions_total{outcome="deny",network="lab"} 1');
  // A name that a user has made up is no label.
  expect(lines).toContain('cntnr_netd_decisions_total{outcome="deny",network=""} 1');
  expect(lines).toContain('cntnr_netd_attach_duration_seconds_count{network="lab"} 1');
  expect(lines).toContain("cntnr_netd_policy_current 1");
  expect(lines).toContain("cntnr_netd_audit_writable 1");
  expect(lines).toContain("cntnr_netd_front_starts_total 1");
  expect(lines).toContain("cntnr_netd_heals_total 0");
  for (const name of ["process_open_fds", "process_resident_memory_bytes"])
    for (const half of ["front", "worker"])
      expect(stdout).toMatch(new RegExp(`^${name}\\{process="${half}"\\} [1-9]\\d*$`, "m"));
  for (const line of lines) expect(line).toMatch(/^(# (HELP|TYPE) .*|[a-z_]+(\{[^}]*\})? [0-9.e+-]+|)$/);
});

test("status says what is to be done, by its exit code too", async () => {
  const well = await run("status");
  expect([well.exitCode, well.stderr]).toEqual([0, ""]);
  expect(well.stdout).toContain("attachments  1, and 0 coming, 0 going");
  writeFileSync(host.policyFile, `${labPolicy}\nnonsense = yes\nmore = yes\n`);
  const refused = await run("reload");
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain("10-test.conf");
  const ill = await run("status");
  expect(ill.exitCode).toBe(1);
  // A line for each problem, as policy check prints them.
  expect(ill.stdout).toMatch(/^!! the newest policy is not in force: 10-test\.conf:.*\n {3}10-test\.conf:/m);
  const machine = JSON.parse((await run("status", "--json")).stdout);
  expect(machine).toMatchObject({ policy: { isCurrent: false }, attachments: { attached: 1 } });
  writeFileSync(host.policyFile, labPolicy);
  expect((await run("reload")).exitCode).toBe(0);
  expect((await run("status")).exitCode).toBe(0);
});

test("the doctor says what is fit, what is not, and what to do", async () => {
  const places = host.netdArguments().slice(2);
  const doctor = async (...more: string[]) => {
    const { exitCode, stdout } = await host.asRoot(["cntnr-netd", "doctor", ...places, ...more]);
    return { exitCode, lines: stdout.trim().split("\n") };
  };
  const well = await doctor();
  expect(well.lines.filter((line) => !line.startsWith("good "))).toEqual([]);
  expect(well.exitCode).toBe(0);
  const drop = "{ type filter hook forward priority 0; policy drop; }";
  checked(["nft"], await host.asRoot(["nft", "add", "table", "inet", "other"]));
  checked(["nft"], await host.asRoot(["nft", "add", "chain", "inet", "other", "everything", drop]));
  const walled = await doctor();
  expect(walled.lines.find((line) => line.startsWith("warning"))).toContain(
    "chain everything of table inet other",
  );
  expect(walled.exitCode).toBe(0);
  checked(["nft"], await host.asRoot(["nft", "delete", "table", "inet", "other"]));
  // What the service would refuse to load, the doctor does not call good.
  for (const words of ["link add own0 type veth peer name own1", "address add 10.20.0.128/25 dev own0"])
    checked(["ip"], await host.asRoot(["ip", ...words.split(" ")]));
  const overlapping = await doctor();
  expect(overlapping.lines.find((line) => line.startsWith("fault"))).toContain("network lab: 10.20.0.0/24");
  checked(["ip"], await host.asRoot(["ip", "link", "delete", "own0"]));
  const ill = await doctor("--front-user", "cntnr-nobody", "--plugin-dir", "/usr/lib/nowhere");
  const faults = ill.lines.filter((line) => line.startsWith("fault"));
  expect(faults.map((line) => line.replace(/ {2,}/g, " "))).toEqual([
    expect.stringContaining("user there is no user cntnr-nobody"),
    expect.stringContaining("policy "),
  ]);
  expect(ill.exitCode).toBe(1);
});

/** Holds the write lock of the journal, in the host itself: SQLite would not open it through /proc. */
const lockJournal = `
  const { Database } = await import("bun:sqlite");
  const database = new Database("${runDirectory}/journal.db");
  database.run("BEGIN EXCLUSIVE");
  console.log("locked");
  await new Promise(() => setInterval(() => {}, 1000));
`;

test("status says that the journal cannot be written, until it can be (Q9)", async () => {
  const other = await makeNamespace(host, host.users.alice);
  const locking = host.spawnAsRoot([process.execPath, "-e", lockJournal]);
  await locking.waitForOutput(/^locked$/m);
  expect(JSON.stringify(await attach(host, host.users.alice, other))).toContain("cannot write its journal");
  const ill = await run("status");
  expect(ill.exitCode).toBe(1);
  expect(ill.stdout).toContain(
    "!! the journal cannot be written, and nothing is attached: database is locked\n",
  );
  expect((await curl("/metrics")).stdout).toContain("\ncntnr_netd_journal_writable 0\n");
  locking.kill("SIGKILL");
  await locking.exited;
  const well = await run("status");
  expect([well.exitCode, well.stdout]).toEqual([0, expect.not.stringContaining("!!")]);
  other.process.kill("SIGKILL");
});

test("an attachment is ended by the administrator, whoever's it is, and that is in the log", async () => {
  const { exitCode, stdout, stderr } = await run("detach", "zzzz", id.slice(0, 8));
  expect([exitCode, stdout]).toEqual([1, `${id}\n`]);
  expect(stderr).toBe("cntnr-netd: zzzz: there is no such attachment\n");
  expect(await host.residue()).toEqual(noResidue);
  const about = host.auditLines().filter(({ attachment }) => attachment === id);
  expect(about.map(({ event }) => event)).toEqual(["allow", "attach", "admin", "detach"]);
  expect(about.at(-1)).toMatchObject({ reason: "asked by the administrator", residue: [] });
});

test("without the service, its commands say so, and ls tells what it has left behind", async () => {
  id = attachmentIdOf(await attach(host, host.users.alice, namespace));
  netd.kill("SIGKILL");
  await netd.exited;
  const listed = await run("ls");
  expect(listed.exitCode).toBe(3);
  expect(listed.stderr).toContain("cntnr-netd does not run here");
  expect(listed.stdout).toContain(id.slice(0, 12));
  const status = await run("status");
  expect([status.exitCode, status.stdout]).toEqual([3, ""]);
  const reload = await run("reload");
  expect(reload.exitCode).toBe(1);
  expect(reload.stderr).toContain("cntnr-netd does not run here");
  netd = await host.startNetd();
  namespace.process.kill("SIGKILL");
  await host.waitForNoResidue();
});
