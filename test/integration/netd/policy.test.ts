import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callNetd } from "../../fixtures/call-netd.ts";
import type { RunningCommand } from "../../fixtures/running-command.ts";
import { labPolicy, TestHost } from "../../fixtures/test-host.ts";
import { attachCall, attachInput, attachmentIdOf, makeNamespace } from "../../fixtures/user-namespaces.ts";
import { checked, type TestUser, testGroup } from "../../fixtures/users.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

let host: TestHost;
let netd: RunningCommand;
beforeAll(async () => {
  host = await TestHost.start();
  netd = await host.startNetd();
});
afterAll(() => host[Symbol.asyncDispose]());

/** `cntnr-netd policy ...` as root, for this host's files. */
function policyTool(...words: string[]) {
  const etc = join(host.directory, "etc");
  const [command = "", ...rest] = words;
  const directories = ["--policy-dir", `${etc}/netd.d`];
  const more = ["check", "install"].includes(command) ? ["--conflist-dir", `${etc}/net.d`] : [];
  const all = ["check", "explain", "show", "simulate", "install"].includes(command)
    ? [...directories, ...more]
    : [];
  return host.asRoot(["cntnr-netd", "policy", command, ...all, ...rest]);
}

function write(name: string, text: string): string {
  const path = join(host.directory, name);
  writeFileSync(path, text);
  chmodSync(path, 0o644);
  return path;
}

async function networksOf(user: TestUser): Promise<string> {
  const argv = ["cntnr", "network", "ls"];
  return checked(argv, await host.asUser(user, argv)).stdout;
}

async function reload(line: RegExp): Promise<void> {
  const before = netd.stderr.length;
  netd.kill("SIGHUP");
  await waitFor(() => line.test(netd.stderr.slice(before)), { what: `${line} in the log of netd` });
}

describe("the administrator's tools", () => {
  test("check what the service would load, and files before they are installed", async () => {
    expect(await policyTool("check")).toMatchObject({
      exitCode: 0,
      stdout: "The policy is good: 1 network, 1 rule.\n",
      stderr: "",
    });
    const bad = write(
      "bad.conf",
      "[network x]\nconflist = x.conflist\n[allow user:alice network:y]\nattachments = 08\n",
    );
    expect(await policyTool("check", bad)).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: `${bad}:3:27: there is no [network y]\n${bad}:4:15: attachments must be a decimal number from 0 to 999, or the word unlimited\n`,
    });
    const missing = write("etc/netd.d/20-missing.conf", "[network missing]\nconflist = missing.conflist\n");
    expect(await policyTool("check")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("missing.conflist: does not exist"),
    });
    await host.asRoot(["rm", missing]);
  });

  test("check a file that lies where the service reads it as the service does: what it would not read is no good policy (C1)", async () => {
    const lax = write("etc/netd.d/20-open.conf", "; nothing yet\n");
    expect(await policyTool("check", lax)).toMatchObject({ exitCode: 0, stderr: "" });
    chmodSync(lax, 0o664);
    const fault = {
      exitCode: 1,
      stdout: "",
      stderr: `${lax}: can be written by group or others; run chmod go-w ${lax}\n`,
    };
    expect(await policyTool("check", lax)).toMatchObject(fault);
    expect(await policyTool("check", join(lax, ".."))).toMatchObject(fault);
    await host.asRoot(["rm", lax]);
  });

  test("check files with the CNI configurations that they name, where these are named, whoever can write them", async () => {
    const { alice } = host.users;
    const draft =
      "[network draft]\nconflist = draft.conflist\n[allow user:#1001 network:draft]\nattachments = 1\n";
    const file = write("draft.conf", draft);
    const directory = join(host.directory, "drafts");
    mkdirSync(directory, { recursive: true });
    const check = (...words: string[]) =>
      host.asUser(alice, ["cntnr-netd", "policy", "check", file, ...words]);
    expect(await check()).toMatchObject({ exitCode: 0, stdout: "The policy is good: 1 network, 1 rule.\n" });
    const missing = await check("--conflist-dir", directory);
    expect(missing).toMatchObject({
      exitCode: 1,
      stderr: `${directory}/draft.conflist: there is no such file\n`,
    });
    const ipam = { type: "host-local", ranges: [[{ subnet: "10.99.0.0/24" }]] };
    const conflist = {
      cniVersion: "1.0.0",
      name: "draft",
      plugins: [{ type: "bridge", bridge: "d0", ipam }],
    };
    writeFileSync(join(directory, "draft.conflist"), JSON.stringify({ ...conflist, plugins: [] }));
    expect(await check("--conflist-dir", directory)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`${directory}/draft.conflist: `),
    });
    writeFileSync(join(directory, "draft.conflist"), JSON.stringify(conflist));
    expect((await check("--conflist-dir", directory)).exitCode).toBe(0);
    write("draft.conf", `${draft}mac = chosen\n`);
    expect(await check("--conflist-dir", directory)).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("grants mac = chosen, but the conflist of network draft has no plugin"),
    });
  });

  test("explain and show what real users have, by the groups that they are in", async () => {
    const { alice, bob } = host.users;
    const explained = await policyTool("explain", "--user", alice.name, "--network", "lab");
    expect(explained.exitCode).toBe(0);
    expect(explained.stdout).toContain(`ALLOWED: ${alice.name} (uid ${alice.uid}, groups ${alice.gid} `);
    expect(explained.stdout).toContain("by allow group:cntnr-dev network:lab (10-test.conf:4)");
    const refused = await policyTool("explain", "-u", alice.name, "-n", "lab", "-p", "8080/tcp", "--json");
    expect(refused.exitCode).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      isAllowed: false,
      findings: [{ aspect: "port 8080/tcp" }, {}, {}, {}, { aspect: "published ports" }],
    });
    expect((await policyTool("explain", "--user", bob.name, "--network", "lab")).exitCode).toBe(1);
    expect((await policyTool("show", "--user", alice.name)).stdout).toMatch(
      /attachments +8 +allow group:cntnr-dev/,
    );
    expect((await policyTool("show", "--user", `#${bob.uid}`)).stdout).toContain("may use no network");
    expect(await policyTool("show", "--user", "nobody-at-all")).toMatchObject({
      exitCode: 1,
      stderr: "cntnr-netd: there is no user nobody-at-all\n",
    });
  });

  test("are for everybody, for policies of their own", async () => {
    const draft = write(
      "draft.conf",
      "[network lab]\nconflist = lab.conflist\n[allow everyone network:lab]\nattachments = 1\n",
    );
    const { bob } = host.users;
    const argv = ["cntnr-netd", "policy", "explain", "--policy", draft, "-u", bob.name, "-n", "lab"];
    expect((await host.asUser(bob, argv)).exitCode).toBe(0);
  });

  test("simulate requests, and say where one is not decided as expected", async () => {
    const { alice, bob } = host.users;
    const lines = [
      { user: alice.name, network: "lab", expect: "allow" },
      { user: bob.name, network: "lab", expect: "allow" },
    ];
    const file = write("requests.jsonl", lines.map((line) => JSON.stringify(line)).join("\n"));
    const result = await policyTool("simulate", file);
    expect(result.exitCode).toBe(1);
    expect(result.stdout.split("\n")).toEqual([
      `${file}:1: allow: ${alice.name} on lab: allow group:cntnr-dev network:lab (10-test.conf:4)`,
      `${file}:2: deny (NOT AS EXPECTED): ${bob.name} on lab: network: no rule is for this user on network lab`,
      "",
    ]);
  });

  test("show the difference of two policies, and which attachments the new one would refuse (C9)", async () => {
    const { alice } = host.users;
    const namespace = await makeNamespace(host, alice);
    const [attached] = await callNetd(host, alice, attachInput(namespace));
    const id = attachmentIdOf(attached);
    const draft = write("new.conf", labPolicy.replace("attachments = 8", "attachments = 0"));
    const run = ["--run-dir", "/run/cntnr-netd"];
    const result = await policyTool("diff", "--live", ...run, host.policyFile, draft);
    expect(result.stdout).toContain("group:cntnr-dev  loses  network lab  attachments  8 -> -");
    expect(result.stdout).toContain(`  ${id}  uid ${alice.uid}  network lab  attachments: attachments = 0`);
    expect((await policyTool("diff", "--live", ...run, host.policyFile, host.policyFile)).stdout).toBe(
      "Nobody gains or loses anything.\n\nAll attachments that there are now would be allowed again.\n",
    );
    namespace.process.kill("SIGKILL");
    await waitFor(async () => (await host.residue()).records.length === 0, { what: "the detach" });
  });

  test("say of a file that cannot be read what is wrong with it, in words", async () => {
    const missing = "/nowhere/10-lab.conf";
    const inForce = join(host.directory, "etc/netd.d");
    const commands = [
      ["check"],
      ["install"],
      ["simulate"],
      ["diff", inForce],
      ["show", "--user=root", "--policy"],
    ];
    for (const words of commands)
      expect(await policyTool(...words, missing)).toMatchObject({
        exitCode: 1,
        stderr: `cntnr-netd: ${missing}: there is no such file or directory\n`,
      });
    expect(await policyTool("simulate", host.directory)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^cntnr-netd: .*a file is needed, and this is a directory\n$/),
    });
    const { stderr } = await host.asUser(host.users.alice, ["cntnr-netd", "policy", "check", "/etc/shadow"]);
    expect(stderr).toBe("cntnr-netd: /etc/shadow: you are not permitted to: use sudo\n");
  });

  test("wait for no FIFO, no device and no file without end", async () => {
    const fifo = join(host.directory, "etc/net.d/fifo.conflist");
    await host.asRoot(["mkfifo", fifo]);
    const drafts = join(host.directory, "etc/net.d");
    const file = write("fifo.conf", "[network fifo]\nconflist = fifo.conflist\n");
    for (const words of [
      ["check", fifo],
      ["check", "/dev/zero"],
      ["check", "--conflist-dir", drafts, file],
      ["install", file],
      ["simulate", fifo],
    ])
      expect(await policyTool(...words)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining("is not a regular file"),
      });
    await host.asRoot(["rm", fifo]);
  });

  test("install a file, which a reload takes over; a bad one changes nothing (C3, C4)", async () => {
    const { bob } = host.users;
    const good = write("20-bob.conf", `[allow user:${bob.name} network:lab]\nattachments = 1\n`);
    expect((await policyTool("install", good)).exitCode).toBe(0);
    netd.kill("SIGHUP");
    await waitFor(async () => (await networksOf(bob)).includes("lab"), { what: "bob's network" });
    const bad = write("20-bob.conf", `[allow user:${bob.name} network:lab]\nattachments = many\n`);
    expect(await policyTool("install", bad)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("20-bob.conf:2:15: attachments must be"),
    });
    // What the service would not load for its networks is not put in place, either.
    const lacking = write("20-more.conf", "[network more]\nconflist = more.conflist\n");
    expect(await policyTool("install", lacking)).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: `${host.directory}/etc/net.d/more.conflist: does not exist\ncntnr-netd: nothing was installed\n`,
    });
    // Nor for their plugins, or addresses that are none; where, is said.
    const conflist = write("etc/net.d/more.conflist", "");
    const bridge = { type: "bridge", bridge: "more0", ipam: { type: "host-local", subnet: "10.21.0.0/33" } };
    for (const [plugin, fault] of [
      [{ type: "brigde" }, /^\S+more\.conflist: brigde VERSION: \S+\/brigde is not there: install it /],
      [
        bridge,
        /^\S+more\.conflist: at plugins\/0: ipam: "10\.21\.0\.0\/33" is no subnet, as 10\.20\.0\.0\/24\n/,
      ],
    ] as const) {
      writeFileSync(conflist, JSON.stringify({ cniVersion: "1.0.0", name: "more", plugins: [plugin] }));
      expect(await policyTool("install", lacking)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(fault),
      });
    }
    await host.asRoot(["rm", conflist]);
    expect(existsSync(join(host.directory, "etc/netd.d/20-more.conf"))).toBeFalse();
    writeFileSync(join(host.directory, "etc/netd.d/20-bob.conf"), "?");
    await reload(/not loaded, the last good policy stays in force\n.*20-bob\.conf:1:1: neither/s);
    expect(await networksOf(bob)).toContain("lab");
    await host.asRoot(["rm", join(host.directory, "etc/netd.d/20-bob.conf")]);
  });
});

describe("a quota (Q7)", () => {
  async function setQuota(attachments: number): Promise<void> {
    writeFileSync(host.policyFile, labPolicy.replace("attachments = 8", `attachments = ${attachments}`));
    netd.kill("SIGHUP");
    const shown = `0/${attachments} `;
    await waitFor(async () => (await networksOf(host.users.alice)).includes(shown), { what: shown });
  }

  async function expectCodes(results: readonly { readonly code: number }[], expected: readonly number[]) {
    expect(results.map(({ code }) => code).toSorted((a, b) => a - b)).toEqual([...expected]);
  }

  /** Attaches of new namespaces, made at the same moment after these calls; the namespaces end with it. */
  async function attachAtOnce(count: number, before: Parameters<typeof callNetd>[2]["calls"] = []) {
    const { alice } = host.users;
    const namespaces = await Promise.all(Array.from({ length: count }, () => makeNamespace(host, alice)));
    const attaches = namespaces.map((_, index) =>
      attachCall({ netnsFd: `file:${index}`, leaseFd: `pidfd:${index}` }),
    );
    const results = await callNetd(host, alice, {
      files: namespaces.map(({ pid }) => `/proc/${pid}/ns/net`),
      pids: namespaces.map(({ pid }) => pid),
      calls: [...before, ...attaches],
      parallel: true,
    });
    for (const { process } of namespaces) process.kill("SIGKILL");
    await waitFor(async () => (await host.residue()).records.length === 0, { what: "the detaches" });
    return results;
  }

  test("holds for those who ask at the same moment", async () => {
    await setQuota(2);
    await expectCodes(await attachAtOnce(6), [0, 0, 8, 8, 8, 8]);
  });

  test("holds for those who wait for the same slot", async () => {
    await setQuota(1);
    const { alice } = host.users;
    const namespace = await makeNamespace(host, alice);
    const [attached] = await callNetd(host, alice, attachInput(namespace));
    const detach = { method: "Detach" as const, request: { attachmentId: attachmentIdOf(attached) } };
    await expectCodes(await attachAtOnce(4, [detach]), [0, 0, 8, 8, 8]);
    namespace.process.kill("SIGKILL");
  });
});

describe("the account names of a policy", () => {
  /** Puts a file over another one, in this host alone. */
  async function mountOver(target: string, text: string, mode: number) {
    const source = write(target.replaceAll("/", "_"), text);
    chmodSync(source, mode);
    checked(["mount"], await host.asRoot(["mount", "--bind", source, target]));
    return {
      change: (changed: string) => writeFileSync(source, changed),
      [Symbol.asyncDispose]: async () => {
        checked(["umount"], await host.asRoot(["umount", target]));
      },
    };
  }

  async function restartWith(policy: string, args: readonly string[] = []): Promise<void> {
    netd.kill("SIGTERM");
    expect(await netd.exited).toBe(0);
    netd = await host.startNetd({ policy, args });
  }

  test("are looked up again while the service runs, and what has changed is said (C11)", async () => {
    const { bob } = host.users;
    const passwd = readFileSync("/etc/passwd", "utf8");
    await using mounted = await mountOver("/etc/passwd", passwd, 0o644);
    await restartWith(labPolicy.replace(`group:${testGroup}`, `user:${bob.name}`), [
      "--account-refresh",
      "1",
    ]);
    expect(await networksOf(bob)).toContain("lab");
    const line = passwd.split("\n").find((one) => one.startsWith(`${bob.name}:`)) ?? "";
    const another = line.replace(`:${bob.uid}:`, ":60123:");

    mounted.change(`${passwd}${another}\n`);
    await waitFor(() => netd.stderr.includes("accounts stay as they were looked up before"), {
      what: "a doubt",
    });
    expect(netd.stderr).toContain(`user:${bob.name} is ambiguous: it stands for ${bob.uid} and for 60123`);
    expect(await networksOf(bob)).toContain("lab");
    expect((await policyTool("check")).stderr).toContain(`user:${bob.name} is ambiguous`);

    // The uid is somebody else's now.
    const renamed = line.replace(bob.name, "cntnr-somebody");
    mounted.change(passwd.replace(line, `${renamed}\n${another}`));
    const change = `user:${bob.name} was ${bob.uid} and is now 60123`;
    await waitFor(() => netd.stderr.includes(`policy: ${change}`), { what: "the change" });
    expect(await networksOf(bob)).not.toContain("lab");
    expect(host.auditLines()).toContainEqual(expect.objectContaining({ event: "policy", reason: change }));

    mounted.change(passwd.replace(line, renamed));
    await waitFor(() => netd.stderr.includes("was 60123 and is now nobody"), { what: "the second change" });
  });

  test("keep nobody waiting when nothing answers, and the last good policy in force (P12)", async () => {
    const { alice } = host.users;
    await restartWith(labPolicy);
    const asked = write("asked", "");
    const isAsked = () => readFileSync(asked, "utf8") === "yes\n";
    chmodSync(asked, 0o666);
    const script = `#!/bin/sh\necho yes >${asked}\nexec sleep 1000\n`;
    await using _hung = await mountOver("/usr/bin/getent", script, 0o755);
    const before = netd.stderr.length;
    netd.kill("SIGHUP");
    await waitFor(isAsked, { what: "a getent" });
    expect(await networksOf(alice)).toContain("lab");
    // Answered before the reload was over.
    expect(netd.stderr.slice(before)).toBe("");
    await waitFor(() => netd.stderr.slice(before).includes("not loaded"), { what: "the end" });
    expect(netd.stderr.slice(before)).toContain("the last good policy stays in force");
    expect(netd.stderr.slice(before)).toContain("/usr/bin/getent did not end within 10 s and was killed");
    expect(await networksOf(alice)).toContain("lab");
  });
});
