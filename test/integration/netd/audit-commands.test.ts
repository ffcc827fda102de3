import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { AuditLog } from "../../../netd/audit/audit-log.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { attach, makeNamespace } from "../../fixtures/user-namespaces.ts";
import { findUser, frontUser } from "../../fixtures/users.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
});
afterAll(() => host[Symbol.asyncDispose]());

const audit = (...words: string[]) => host.asRoot(["cntnr-netd", "audit", ...words]);

describe("of a log that is not there, the commands say so in words", () => {
  test.each(["tail", "verify", "show 7KQ2MD9XWA"])("%s", async (line) => {
    const words = line.split(" ");
    for (const log of [host.auditFile, "/nowhere/audit.jsonl"]) {
      const { exitCode, stderr } = await audit(...words, "--audit-log", log);
      expect([exitCode, stderr]).toEqual([
        1,
        `cntnr-netd: there is no audit log ${log}: the service has written none yet, or writes another (--audit-log)\n`,
      ]);
    }
  });

  test("and of one that this user cannot read", async () => {
    const path = join(host.directory, "log/secret.jsonl");
    writeFileSync(path, "", { mode: 0o600 });
    const argv = ["cntnr-netd", "audit", "tail", "--audit-log", path];
    const { exitCode, stderr } = await host.asUser(host.users.alice, argv);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(`cntnr-netd: ${path} is for root and its own group to read: use sudo\n`);
    rmSync(path);
  });

  test("and of a file that verify is asked for, and of a remembered end", async () => {
    const named = await audit("verify", "/nowhere/other.jsonl");
    expect([named.exitCode, named.stderr]).toEqual([
      1,
      "cntnr-netd: there is no audit log /nowhere/other.jsonl: the service has written none yet, or writes another (--audit-log)\n",
    ]);
    const path = join(host.directory, "log/headless.jsonl");
    writeFileSync(path, "");
    const { exitCode, stderr } = await audit("verify", "--audit-log", path);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${path}.head is missing, which remembers the end of the log`);
    expect(stderr).toContain(`cntnr-netd audit verify ${path}`);
    rmSync(path);
  });

  test("and of one that was taken away whole, which its remembered end tells", async () => {
    const path = join(host.directory, "log/taken.jsonl");
    using log = new AuditLog({ path, bootId: "boot" });
    log.note({ event: "allow" });
    rmSync(path);
    const { exitCode, stderr } = await audit("verify", "--audit-log", path);
    expect([exitCode, stderr]).toEqual([
      1,
      `cntnr-netd: ${path} is missing with all its rotations: somebody has taken it away, because ${path}.head remembers its end\n`,
    ]);
    rmSync(`${path}.head`);
  });
});

test.each(["", "junk\n"])(
  "lines are taken from the end, and what remembers it is now %p: verify says so",
  async (junk) => {
    const path = join(host.directory, "log/shortened.jsonl");
    {
      using log = new AuditLog({ path, bootId: "boot" });
      for (let index = 0; index < 3; index++) log.note({ event: "allow" });
    }
    writeFileSync(path, readFileSync(path, "utf8").split("\n").slice(0, 2).join("\n").concat("\n"));
    writeFileSync(`${path}.head`, junk);
    const { exitCode, stdout, stderr } = await audit("verify", "--audit-log", path);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toStartWith(
      `cntnr-netd: ${path}.head was changed, and does not remember the end of the log any more`,
    );
    for (const file of [path, `${path}.head`]) rmSync(file);
  },
);

test("what the part of the service that writes the log could put in its place is not waited for", async () => {
  const log = join(host.directory, "log/odd.jsonl");
  const refusals: string[] = [];
  const commands = ["tail", "tail -f", "verify", "show 7KQ2MD9XWA"].map((line) => line.split(" "));
  for (const target of ["/dev/zero", join(host.directory, "log/fifo")]) {
    if (!existsSync(target) && target !== "/dev/zero") await host.asRoot(["mkfifo", target]);
    symlinkSync(target, log);
    writeFileSync(`${log}.head`, "");
    for (const words of commands) refusals.push((await audit(...words, "--audit-log", log)).stderr);
    rmSync(log);
  }
  expect(new Set(refusals)).toEqual(new Set([`cntnr-netd: ${log}: is not a regular file\n`]));
  // A file of holes is as long as anybody likes.
  writeFileSync(log, "");
  truncateSync(log, 2 ** 40);
  for (const words of commands.filter(([, flag]) => flag !== "-f"))
    expect((await audit(...words, "--audit-log", log)).stderr).toBe(
      `cntnr-netd: ${log}:1: is longer than any line of cntnr-netd's\n`,
    );
  for (const file of [log, `${log}.head`, join(host.directory, "log/fifo")]) rmSync(file);
});

test("a directory for the log that cannot be made is named, and how to make it", async () => {
  const file = join(host.directory, "file");
  mkdirSync(host.directory, { recursive: true });
  writeFileSync(file, "");
  for (const log of [`${file}/below/audit.jsonl`, "/proc/none/audit.jsonl"]) {
    const argv = host.netdArguments().map((word) => (word === host.auditFile ? log : word));
    const { exitCode, stderr } = await host.asRoot(argv);
    expect(exitCode).toBe(1);
    expect(stderr).toStartWith(`cntnr-netd: --audit-log ${log}: its directory cannot be made (`);
    expect(stderr).toContain("install -d -o cntnr-netd -g cntnr-netd -m 750 ");
  }
});

test("a log that is taken away from the running service is begun anew by itself; without its directory nothing is attached", async () => {
  const { alice } = host.users;
  await using netd = await host.startNetd();
  const directory = dirname(host.auditFile);
  const status = () => host.asRoot(["cntnr-netd", "status"]);
  const namespace = await makeNamespace(host, alice);
  const tryAttach = async () => (await attach(host, alice, namespace)).code;
  rmSync(host.auditFile);
  rmSync(`${host.auditFile}.head`);
  await waitFor(() => existsSync(host.auditFile) && host.auditLines().length > 0, { what: "a new log" });
  expect(host.auditLines()).toMatchObject([{ event: "repair", reason: expect.stringContaining("removed") }]);
  expect(await audit("verify", "--audit-log", host.auditFile)).toMatchObject({ exitCode: 0 });

  rmSync(directory, { recursive: true });
  await waitFor(async () => (await status()).exitCode === 1, { what: "the trouble" });
  expect((await status()).stdout).toContain(`${directory} is gone`);
  expect(await tryAttach()).toBe(14);
  mkdirSync(directory);
  const { uid, gid } = findUser(frontUser);
  chownSync(directory, uid, gid);
  await waitFor(async () => (await status()).exitCode === 0, { what: "the recovery" });
  expect(await tryAttach()).toBe(0);
  expect(host.auditLines().map(({ event }) => event)).toEqual(["repair", "lost", "allow", "attach"]);
  netd.kill("SIGTERM");
  expect(await netd.exited).toBe(0);
  expect(await audit("verify", "--audit-log", host.auditFile)).toMatchObject({ exitCode: 0 });
});
