import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { busyboxImage } from "../../fixtures/images.ts";
import { noResidue } from "../../fixtures/residue.ts";
import type { RunningCommand } from "../../fixtures/running-command.ts";
import { labConflist, labPolicy, TestHost } from "../../fixtures/test-host.ts";
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

async function expectNoResidue(): Promise<void> {
  await waitFor(async () => Bun.deepEquals(await host.residue(), noResidue), { what: "no residue" }).catch(
    async () => expect(await host.residue()).toEqual(noResidue),
  );
}

async function end(netd: RunningCommand): Promise<void> {
  netd.kill("SIGTERM");
  expect(await netd.exited).toBe(0);
}

const runOnLab = (...command: string[]) => ["cntnr", "run", "--rm", "--network", "lab", image, ...command];

/** Every place at which an attach or a detach can be cut off. */
const steps = [
  "attach:intended",
  "attach:pinned",
  "add:bridge:before",
  "add:bridge:after",
  "attach:added",
  "attach:masqueraded",
  "attach:done",
  "del:bridge:before",
  "del:bridge:after",
  "detach:deleted",
  "detach:unmasqueraded",
  "detach:unpinned",
  "detach:done",
];

describe("netd is killed, and the next one leaves nothing", () => {
  test.each(steps)("at %s (F1, F3, F12)", async (step) => {
    const dying = await host.startNetd({ env: { CNTNR_NETD_KILL_AT: step } });
    await host.asUser(host.users.alice, runOnLab("true"));
    expect(await dying.exited).toBe(137);
    const netd = await host.startNetd();
    await expectNoResidue();
    expect((await host.asUser(host.users.alice, runOnLab("true"))).exitCode).toBe(0);
    await expectNoResidue();
    await end(netd);
  });
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
  await expectNoResidue();
  await host.asUser(alice, ["cntnr", "rm", "-f", "old"]);
  await end(after);
});

describe("the user's side is killed while an attach is under way, and nothing is left", () => {
  /** A plugin that waits for a file; so there is time to kill whoever waits for it. */
  const gate = () => join(host.directory, "gate");
  let netd: RunningCommand;
  beforeAll(async () => {
    const plugins = join(host.directory, "plugins");
    mkdirSync(plugins);
    for (const name of ["bridge", "host-local"]) copyFileSync(`/usr/lib/cni/${name}`, join(plugins, name));
    const script = `#!/bin/sh
case $CNI_COMMAND in
VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}' ;;
ADD) while [ ! -e ${gate()} ]; do sleep 0.02; done; sed 's/.*"prevResult"://; s/}$//' ;;
esac
`;
    writeFileSync(join(plugins, "slow"), script);
    for (const name of readdirSync(plugins)) chmodSync(join(plugins, name), 0o755);
    host.writeConflist({
      ...labConflist,
      name: "slow",
      plugins: [...labConflist.plugins, { type: "slow" }],
    } as {
      name: string;
    });
    netd = await host.startNetd({
      policy: `${labPolicy}[network slow]\nconflist = slow.conflist\n[allow group:cntnr-dev network:slow]\nattachments = 4\n`,
      args: ["--plugin-dir", plugins],
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
    await expectNoResidue();
    const list = checked(
      ["ps"],
      await host.asUser(host.users.alice, ["sh", "-c", "cntnr rm -f $(cntnr ps -aq); cntnr ps -aq"]),
    );
    expect(list.stdout).toBe("");
  });
});
