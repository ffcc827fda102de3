import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callNetd } from "../../fixtures/call-netd.ts";
import { labConflist, labPolicy, TestHost } from "../../fixtures/test-host.ts";
import {
  attach,
  attachmentIdOf,
  detach,
  makeNamespace,
  type UserNamespace,
} from "../../fixtures/user-namespaces.ts";
import { checked } from "../../fixtures/users.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
  await host.bootSystemd();
  await run("cntnr-netd", "unit", "install", "--program", join(host.directory, "bin/cntnr-netd"));
  await run("systemd-sysusers", "/etc/sysusers.d/cntnr-netd.conf");
  await run("systemd-tmpfiles", "--create", "/etc/tmpfiles.d/cntnr-netd.conf");
  writeFileSync(host.path("/etc/cntnr/netd.d/10-test.conf"), labPolicy);
  writeFileSync(host.path("/etc/cntnr/net.d/lab.conflist"), JSON.stringify(labConflist));
  await run("systemctl", "daemon-reload");
});
afterAll(() => host[Symbol.asyncDispose]());

const run = async (...argv: string[]) => checked(argv, await host.asRoot(argv)).stdout;
const property = async (name: string) =>
  (await run("systemctl", "show", "--value", `--property=${name}`, "cntnr-netd.service")).trim();
const auditLines = () =>
  readFileSync(host.path("/var/log/cntnr-netd/audit.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line));

/** What a user sees of her attachments. */
async function listed(): Promise<string[]> {
  const [result] = await callNetd(host, host.users.alice, { calls: [{ method: "List", request: {} }] });
  const { attachments = [] } = (result?.response ?? {}) as { attachments?: { id: string; state: string }[] };
  return attachments.map(({ id, state }) => `${id} ${state}`);
}

const addressesIn = ({ pid }: UserNamespace) =>
  run("nsenter", `--target=${pid}`, "--net", "ip", "-o", "-4", "address", "show", "eth0");

describe("the units", () => {
  const names = ["cntnr-netd.service", "cntnr-netd.socket", "cntnr-netd-admin.socket"];
  const paths = names.map((name) => `/etc/systemd/system/${name}`);

  test("are right in systemd's eyes", async () => {
    const { exitCode, stderr } = await host.asRoot(["systemd-analyze", "verify", "--man=no", ...paths]);
    expect([exitCode, stderr]).toEqual([0, ""]);
  });

  test("leave the service exposed by no more than 3.0 in systemd's measure", async () => {
    const analyze = ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=30"];
    const { exitCode, stdout } = await host.asRoot([...analyze, paths[0] ?? ""]);
    console.log(stdout.trim().split("\n").at(-1));
    expect(exitCode).toBe(0);
  });
});

test("the sockets are systemd's, and the first user to ask starts the service (P6, P7)", async () => {
  await run("systemctl", "start", "cntnr-netd.socket", "cntnr-netd-admin.socket");
  expect(await property("ActiveState")).toBe("inactive");
  const inode = statSync(host.path("/run/cntnr-netd/netd.sock")).ino;
  expect(await listed()).toEqual([]);
  expect(await property("ActiveState")).toBe("active");
  expect(statSync(host.path("/run/cntnr-netd/netd.sock")).ino).toBe(inode);
  expect(await property("StatusText")).toMatch(/^cntnr-netd \S+ serves$/);
  const modes = [
    "/run/cntnr-netd/netd.sock",
    "/run/cntnr-netd/admin.sock",
    "/var/log/cntnr-netd/audit.jsonl",
  ].map((path) => (statSync(host.path(path)).mode & 0o777).toString(8));
  expect(modes).toEqual(["666", "600", "640"]);
});

describe("with all that the unit takes from it, the service", () => {
  test("attaches and detaches", async () => {
    const { alice } = host.users;
    const namespace = await makeNamespace(host, alice);
    const id = attachmentIdOf(await attach(host, alice, namespace));
    expect(await addressesIn(namespace)).toContain("10.20.0.");
    expect((await detach(host, alice, id)).code).toBe(0);
    await host.waitForNoResidue();
    await run("kill", "-9", String(namespace.pid));
  });

  test("has no privilege where it talks to users", async () => {
    const main = await property("MainPID");
    const children = (await run("cat", `/proc/${main}/task/${main}/children`)).trim().split(" ");
    const status = await run("cat", `/proc/${children[0]}/status`);
    expect(status).toMatch(/^Uid:\t([1-9]\d*)\t\1\t\1\t\1$/m);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(status).toMatch(/^Seccomp:\t2$/m);
  });
});

describe("containers go on living, and stay attached,", () => {
  let namespace: UserNamespace;
  let id: string;
  beforeAll(async () => {
    namespace = await makeNamespace(host, host.users.alice);
    id = attachmentIdOf(await attach(host, host.users.alice, namespace));
  });

  test.each([
    ["the service is restarted (F7)", () => run("systemctl", "restart", "cntnr-netd.service")],
    [
      "it is killed, and started again by systemd (F12)",
      async () => {
        const main = await property("MainPID");
        await run("systemctl", "kill", "--signal=KILL", "--kill-who=main", "cntnr-netd.service");
        const isAnother = async () => {
          const [state, pid] = [await property("ActiveState"), await property("MainPID")];
          return state === "active" && pid !== main;
        };
        await waitFor(isAnother, { what: "the next service" });
      },
    ],
    [
      "it is stopped, so that systemd forgets its descriptors, and started (F7)",
      async () => {
        await run("systemctl", "stop", "cntnr-netd.service");
        expect(await property("NFileDescriptorStore")).toBe("0");
        await run("systemctl", "start", "cntnr-netd.service");
      },
    ],
  ])("when %s", async (_, restart) => {
    const before = await addressesIn(namespace);
    await restart();
    expect(await addressesIn(namespace)).toBe(before);
    expect(await listed()).toEqual([`${id} ATTACHMENT_STATE_ATTACHED`]);
    expect((await host.residue()).records).toEqual([id]);
    expect(Number(await property("NFileDescriptorStore"))).toBe(1);
  });

  test("and are cleaned up after by a service that began later", async () => {
    await run("kill", "-9", String(namespace.pid));
    await host.waitForNoResidue();
    const isForgotten = async () => (await property("NFileDescriptorStore")) === "0";
    await waitFor(isForgotten, { what: "the end of the stored descriptor" });
  });

  test("and what ended while no service ran is cleaned up after by the next", async () => {
    const short = await makeNamespace(host, host.users.alice);
    attachmentIdOf(await attach(host, host.users.alice, short));
    await run("systemctl", "stop", "cntnr-netd.service");
    await run("kill", "-9", String(short.pid));
    await run("systemctl", "start", "cntnr-netd.service");
    await host.waitForNoResidue();
  });
});

test("a reload is over when the new policy is in force", async () => {
  const more = `[allow user:${host.users.bob.name} network:lab]\nattachments = 1\n`;
  writeFileSync(host.path("/etc/cntnr/netd.d/20-more.conf"), more);
  // Attachments of the tests before may be ended at any time, and are told of there, too.
  const loaded = () => auditLines().filter(({ event, reason }) => event === "policy" && reason === "loaded");
  const before = loaded().length;
  await run("systemctl", "reload", "cntnr-netd.service");
  expect(loaded()).toHaveLength(before + 1);
  expect(await property("ActiveState")).toBe("active");
});

test("logrotate, as it is set up, rotates the audit log and loses nothing of the chain", async () => {
  const log = "/var/log/cntnr-netd/audit.jsonl";
  const rotate = ["logrotate", "--force", "--state", "/run/logrotate.state", "/etc/logrotate.d/cntnr-netd"];
  for (const file of [`${log}.1`, `${log}.2.gz`]) {
    const before = auditLines().length;
    expect(before).toBeGreaterThan(0);
    expect((await host.asRoot(rotate)).stderr).toBe("");
    // The reload that belongs to it writes the first line of the new file.
    await waitFor(() => auditLines().at(0)?.event === "policy", { what: "the new log" });
    expect((await run("ls", file)).trim()).toBe(file);
    await attach(host, host.users.bob, await makeNamespace(host, host.users.bob));
  }
  const verified = await run("cntnr-netd", "audit", "verify");
  expect(verified).toContain("in 3 files");
  expect(verified).not.toContain("are not in them");
  expect(auditLines().filter(({ event }) => event === "repair")).toEqual([]);
});

test("a service that hangs is ended and started again (Q10)", async () => {
  const dropIn = host.path("/etc/systemd/system/cntnr-netd.service.d");
  mkdirSync(dropIn);
  writeFileSync(join(dropIn, "test.conf"), "[Service]\nWatchdogSec=2\n");
  await run("systemctl", "daemon-reload");
  await run("systemctl", "restart", "cntnr-netd.service");
  const restarts = Number(await property("NRestarts"));
  await run("systemctl", "kill", "--signal=STOP", "--kill-who=main", "cntnr-netd.service");
  const isBack = async () =>
    Number(await property("NRestarts")) > restarts && (await property("ActiveState")) === "active";
  await waitFor(isBack, { what: "the next service" });
  expect(await listed()).toEqual([]);
});

test("a part of it that hangs is ended and started again, with the connections that wait (Q10)", async () => {
  const main = await property("MainPID");
  const front = async () => (await run("cat", `/proc/${main}/task/${main}/children`)).trim();
  const before = await front();
  await run("kill", "-STOP", before);
  expect(await listed()).toEqual([]);
  expect(await front()).not.toBe(before);
  expect(await property("MainPID")).toBe(main);
});

test("it ends cleanly when it is asked to, and says so (F11)", async () => {
  await run("systemctl", "stop", "cntnr-netd.service");
  expect(await property("Result")).toBe("success");
  expect(await property("ExecMainStatus")).toBe("0");
  expect(auditLines().at(-1)?.event).toBe("stop");
  const verify = await run("cntnr-netd", "audit", "verify");
  expect(verify).toContain("each follows from the one before");
});
