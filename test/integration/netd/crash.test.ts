import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callNetd } from "../../fixtures/call-netd.ts";
import { TestPlugins } from "../../fixtures/cni-plugins.ts";
import { busyboxImage } from "../../fixtures/images.ts";
import type { RunningCommand } from "../../fixtures/running-command.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { attachInput, attachmentIdOf, makeNamespace } from "../../fixtures/user-namespaces.ts";
import { checked } from "../../fixtures/users.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

let host: TestHost;
let image: string;
beforeAll(async () => {
  host = await TestHost.start();
  const registry = await host.startRegistry();
  image = await registry.push(await busyboxImage(), "alpine:3.6");
  const argv = ["cntnr", "image", "pull", "-q", image];
  checked(argv, await host.asUser(host.users.alice, argv));
});
afterAll(() => host[Symbol.asyncDispose]());

async function end(netd: RunningCommand): Promise<void> {
  netd.kill("SIGTERM");
  expect(await netd.exited).toBe(0);
}

/** Every place at which an attach or a detach can be cut off. */
const attachSteps = [
  "attach:intended",
  "attach:pinned",
  "attach:opened",
  "add:bridge:before",
  "add:bridge:after",
  "add:tuning:before",
  "add:tuning:after",
  "attach:added",
  "attach:reserved",
  "attach:filtered",
  "attach:done",
];
const detachSteps = [
  "detach:silenced",
  "del:tuning:before",
  "del:tuning:after",
  "del:bridge:before",
  "del:bridge:after",
  "detach:deleted",
  "detach:unfiltered",
  "detach:released",
  "detach:unpinned",
  "detach:done",
];

/** Everything that an attachment can have. */
const request = {
  network: "full",
  addresses: ["10.21.0.77", "fd20::77"],
  mac: "02:00:00:00:00:77",
  ports: [
    { hostPort: 8080, containerPort: 80, protocol: "PROTOCOL_TCP" },
    { hostPort: 8080, containerPort: 80, protocol: "PROTOCOL_UDP" },
  ],
};
const fullPolicy = `[network full]
conflist = full.conflist
egress = any
masquerade = yes
[allow group:cntnr-dev network:full]
attachments = 1
static-ips = 10.21.0.64/27, fd20::/64
mac = chosen
ports = 8080/tcp, 8080/udp
connections = 100
bandwidth = 100M
`;
const fullConflist = {
  cniVersion: "1.0.0",
  name: "full",
  plugins: [
    {
      type: "bridge",
      bridge: "full0",
      isGateway: true,
      capabilities: { ips: true, mac: true },
      ipam: { type: "host-local", ranges: [[{ subnet: "10.21.0.0/24" }], [{ subnet: "fd20::/64" }]] },
    },
    { type: "tuning", sysctl: { "net.ipv4.conf.all.arp_filter": "1" } },
  ],
};

/**
 * Attaches, and detaches when the step is one of that, with a netd that kills a half of itself there; what fails is
 * asked for again with the same key, as `cntnr` may do, of whoever answers then. In the end nothing is left.
 */
async function survive(
  step: string,
  kill: Record<string, string>,
  next: (netd: RunningCommand) => Promise<RunningCommand>,
) {
  const { alice } = host.users;
  await using stack = new AsyncDisposableStack();
  let netd = stack.use(await host.startNetd({ policy: fullPolicy, env: kill }));
  const namespace = await makeNamespace(host, alice);
  const input = attachInput(namespace, { ...request, idempotencyKey: step.replaceAll(":", ".") });
  const attach = async () => (await callNetd(host, alice, input))[0];
  const first = await attach();
  const isDetach = detachSteps.includes(step);
  if (isDetach) {
    const calls = [{ method: "Detach" as const, request: { attachmentId: attachmentIdOf(first) } }];
    await callNetd(host, alice, { calls });
  }
  netd = stack.use(await next(netd));
  if (!isDetach) {
    const again = await waitFor(async () => (await attach())?.code === 0 && (await attach()), {
      what: "a second attach",
    });
    expect(again?.response).toMatchObject({ attachment: { mac: request.mac } });
    expect((await host.residue()).records).toEqual([attachmentIdOf(again)]);
  }
  namespace.process.kill("SIGKILL");
  await host.waitForNoResidue();
  await end(netd);
}

describe("at each step of an attach and of a detach", () => {
  beforeAll(() => host.writeConflist(fullConflist));

  test.each([...attachSteps, ...detachSteps])(
    "%s: the worker is killed, and the next one leaves nothing (F1, F3, F12)",
    (step) =>
      survive(step, { CNTNR_NETD_KILL_AT: step }, async (dying) => {
        expect(await dying.exited).toBe(137);
        return host.startNetd({ policy: fullPolicy });
      }),
  );

  test.each([...attachSteps, ...detachSteps])(
    "%s: the front is killed, and the worker goes on with the next one (F12)",
    (step) =>
      survive(step, { CNTNR_NETD_KILL_FRONT_AT: step }, async (netd) => {
        await netd.waitForOutput(/the front ended with SIGKILL; a new one is started/);
        return netd;
      }),
  );
});

test("killed in another boot: records, leases and pins of the earlier one are purged (F6)", async () => {
  const bootIdFile = join(host.directory, "boot-id");
  writeFileSync(bootIdFile, "first\n");
  const before = await host.startNetd({ args: ["--boot-id-file", bootIdFile] });
  const { alice } = host.users;
  const argv = ["cntnr", "run", "-d", "--name", "old", "--network", "lab", image, "sleep", "1000"];
  checked(argv, await host.asUser(alice, argv));
  expect((await host.residue()).records).toHaveLength(1);
  before.kill("SIGKILL");
  await before.exited;
  writeFileSync(bootIdFile, "second\n");
  const after = await host.startNetd({ args: ["--boot-id-file", bootIdFile] });
  await host.waitForNoResidue();
  await host.asUser(alice, ["cntnr", "rm", "-f", "old"]);
  await end(after);
});

describe("the user's side is killed while an attach is under way, and nothing is left", () => {
  /** What a plugin waits for; so there is time to kill whoever waits for it. */
  const gate = () => join(host.directory, "gate");
  let netd: RunningCommand;
  beforeAll(async () => {
    const plugins = new TestPlugins(host).copied("bridge", "host-local").gated("slow", gate());
    const ipam = { type: "host-local", ranges: [[{ subnet: "10.22.0.0/24" }]] };
    const slowConflist = {
      cniVersion: "1.0.0",
      name: "slow",
      plugins: [{ type: "bridge", bridge: "slow0", isGateway: true, ipam }, { type: "slow" }],
    };
    host.writeConflist(slowConflist);
    netd = await host.startNetd({
      policy: `[network slow]\nconflist = slow.conflist\n[allow group:cntnr-dev network:slow]\nattachments = 4\n`,
      args: ["--plugin-dir", plugins.path],
    });
  });
  afterAll(() => end(netd));

  const processes = () =>
    readFileSync(host.place.cgroupProcs, "utf8")
      .trim()
      .split("\n")
      .map((pid) => ({ pid: Number(pid), words: argumentsOf(pid) }));
  const argumentsOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    } catch {
      // Ended since the list was read.
      return [];
    }
  };

  test.each([
    ["the hook", (words: string[]) => words.includes("oci-hook")],
    ["cntnr", (words: string[]) => words[0]?.endsWith("cntnr") === true && words[1] === "run"],
    ["runc", (words: string[]) => words[0] === "runc" && words.includes("run")],
  ])("%s (F13, N10)", async (_, isVictim) => {
    rmSync(gate(), { force: true });
    const run = host.spawnAsUser(host.users.alice, [
      "cntnr",
      "run",
      "--rm",
      "--network",
      "slow",
      image,
      "sleep",
      "1",
    ]);
    const waiting = () => processes().some(({ words }) => words.some((word) => word.endsWith("/slow")));
    await waitFor(waiting, { what: "the slow plugin" });
    const victim = processes().find(({ words }) => isVictim(words));
    if (!victim) throw new Error(`no such process: ${JSON.stringify(processes())}`);
    process.kill(victim.pid, "SIGKILL");
    writeFileSync(gate(), "");
    await run.exited;
    await host.asUser(host.users.alice, ["cntnr", "ps"]);
    await host.waitForNoResidue();
    const list = checked(
      ["ps"],
      await host.asUser(host.users.alice, ["sh", "-c", "cntnr rm -f $(cntnr ps -aq); cntnr ps -aq"]),
    );
    expect(list.stdout).toBe("");
  });
});
