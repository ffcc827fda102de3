import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { callNetd } from "../fixtures/call-netd.ts";
import { busyboxImage } from "../fixtures/images.ts";
import type { RunningCommand } from "../fixtures/running-command.ts";
import { runDirectory, TestHost } from "../fixtures/test-host.ts";
import { attach, attachmentIdOf, detach, makeNamespace } from "../fixtures/user-namespaces.ts";
import { checked, findUser, frontUser } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let host: TestHost;
let netd: RunningCommand;
let image: string;
/** The audit log as the test process reaches it: the host has mounted a small file system there. */
let auditFile: string;
beforeAll(async () => {
  host = await TestHost.start();
  auditFile = host.path(host.auditFile);
  const options = `mode=755,size=256k,uid=${findUser(frontUser).uid}`;
  const mount = ["mount", "-t", "tmpfs", "-o", options, "cntnr-test", dirname(host.auditFile)];
  expect((await host.asRoot(mount)).exitCode).toBe(0);
  const registry = await host.startRegistry();
  image = await registry.push(await busyboxImage(), "alpine:3.6");
  const pull = ["cntnr", "image", "pull", "-q", image];
  checked(pull, await host.asUser(host.users.alice, pull));
  netd = await host.startNetd();
});
afterAll(() => host[Symbol.asyncDispose]());

const unavailable = 14;

/** Takes all that is left on a file system of the host; the room is there again when it is disposed. */
function fill(directory: string): Disposable {
  const path = join(host.path(directory), "filler");
  try {
    for (let size = 1 << 22; ; ) writeFileSync(path, Buffer.alloc(size), { flag: "a" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  }
  return { [Symbol.dispose]: () => rmSync(path) };
}

const logged = () =>
  readFileSync(auditFile, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Record<string, unknown> => JSON.parse(line));

const command = (...args: string[]) =>
  host.asRoot(["cntnr-netd", "audit", ...args, "--audit-log", host.auditFile]);

describe("when the disk of the audit log is full", () => {
  test("nothing is attached, everything can be detached, and the log says later what it misses (Q9)", async () => {
    const { alice } = host.users;
    const first = await makeNamespace(host, alice);
    const second = await makeNamespace(host, alice);
    const id = attachmentIdOf(await attach(host, alice, first));
    {
      using _full = fill(dirname(host.auditFile));
      // What is left of the last block takes a few lines yet.
      const refused = await waitFor(
        async () => {
          const answer = await attach(host, alice, second);
          if (answer.code !== 0) return answer;
          await detach(host, alice, attachmentIdOf(answer));
          return undefined;
        },
        { what: "a refusal" },
      );
      expect(refused).toMatchObject({ code: unavailable, details: expect.stringContaining("audit log") });
      // Who runs a container learns why, and not that nobody answers.
      const run = await host.asUser(alice, ["cntnr", "run", "--rm", "--network", "lab", image, "true"]);
      expect(run.exitCode).not.toBe(0);
      expect(run.stderr).toContain("cntnr-netd cannot write its audit log: tell the administrator");
      expect((await detach(host, alice, id)).code).toBe(0);
      await host.waitForNoResidue();
    }
    expect((await attach(host, alice, second)).code).toBe(0);
    const lost = logged().find(({ event }) => event === "lost");
    expect(lost?.count).toBeGreaterThan(0);
    expect(String(lost?.reason)).toContain("ENOSPC");
    expect((await command("verify")).exitCode).toBe(0);
    second.process.kill("SIGKILL");
    await host.waitForNoResidue();
  });
});

describe("when the disk of the journal is full", () => {
  test("nothing is attached, and everything can be detached (Q9)", async () => {
    const { alice } = host.users;
    const first = await makeNamespace(host, alice);
    const second = await makeNamespace(host, alice);
    const id = attachmentIdOf(await attach(host, alice, first));
    const remount = (size: string) => host.asRoot(["mount", "-o", `remount,size=${size}`, runDirectory]);
    expect((await remount("4m")).exitCode).toBe(0);
    {
      using _full = fill(runDirectory);
      expect(await attach(host, alice, second)).toMatchObject({
        code: unavailable,
        details: expect.stringContaining("journal"),
      });
      expect((await host.residue()).pins).toEqual([id]);
      expect([0, unavailable]).toContain((await detach(host, alice, id)).code);
      await waitFor(async () => (await host.residue()).veths.length === 0, {
        what: "the end of the interface",
      });
    }
    await host.waitForNoResidue();
    expect((await attach(host, alice, second)).code).toBe(0);
    second.process.kill("SIGKILL");
    await host.waitForNoResidue();
  });
});

test("a user who is refused hundreds of times fills no disk, and each refusal can be found (Q9, N3)", async () => {
  const { bob } = host.users;
  const before = logged().length;
  const check = { method: "Attach" as const, request: { network: "lab", checkOnly: true } };
  const answers = await callNetd(host, bob, { calls: Array.from({ length: 300 }, () => check) });
  const references = new Set(
    answers.map(({ details }) => /reference ([2-9A-Z]{10})/.exec(details)?.[1] ?? ""),
  );
  expect(answers.every(({ code }) => code === 7)).toBe(true);
  expect(logged().length - before).toBeLessThan(60);
  netd.kill("SIGTERM");
  expect(await netd.exited).toBe(0);
  const known = new Set(logged().map(({ ref }) => ref));
  expect([...references].filter((reference) => !known.has(reference))).toEqual([]);
  const shown = await command("show", [...references].at(-1) ?? "");
  expect(shown.stdout).toMatch(/suppressed +uid \d+ .*network lab +ref [2-9A-Z]{10} +lines \d+/);
  netd = await host.startNetd();
});

test("a killed service's half line is repaired by the next, and the whole log can be verified", async () => {
  netd.kill("SIGKILL");
  await netd.exited;
  writeFileSync(auditFile, '{"ts":"half', { flag: "a" });
  netd = await host.startNetd();
  const repair = logged().findLast(({ event }) => event === "repair");
  expect(repair).toMatchObject({ cut: '{"ts":"half' });
  const { exitCode, stdout } = await command("verify");
  expect(stdout).toContain("each follows from the one before");
  expect(exitCode).toBe(0);
});

test("a line that was changed is named by file and line", async () => {
  const text = readFileSync(auditFile, "utf8");
  const changed = text.replace('"event":"deny"', '"event":"allow"');
  writeFileSync(`${auditFile}.changed`, changed);
  const path = `${host.auditFile}.changed`;
  const { exitCode, stderr } = await host.asRoot(["cntnr-netd", "audit", "verify", path]);
  const line = text.split("\n").findIndex((one) => one.includes('"event":"deny"')) + 1;
  expect(exitCode).toBe(1);
  expect(stderr).toBe(
    `cntnr-netd: ${path}:${line + 1}: the line before it was changed after it had been written\n`,
  );
});

test("SIGHUP after a rotation: the log goes on in the new file, and the chain through both", async () => {
  const { bob } = host.users;
  const rotate = `mv ${host.auditFile} ${host.auditFile}.1 && install -m 640 -o ${frontUser} /dev/null ${host.auditFile}`;
  expect((await host.asRoot(["sh", "-c", rotate])).exitCode).toBe(0);
  netd.kill("SIGHUP");
  await waitFor(() => logged().some(({ event }) => event === "policy"), {
    what: "the new file's first line",
  });
  await callNetd(host, bob, {
    calls: [{ method: "Attach", request: { network: "lab", checkOnly: true } }],
  });
  expect(logged().at(-1)?.event).toBe("deny");
  const { stdout, exitCode } = await command("verify");
  expect(stdout).toContain("in 2 files");
  expect(exitCode).toBe(0);
  const tail = await command("tail", "-n", "1");
  expect(tail.stdout).toMatch(new RegExp(`deny +uid ${bob.uid} \\(pid \\d+, /.*netd-caller\\)`));
});
