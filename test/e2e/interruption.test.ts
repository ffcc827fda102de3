import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { debianImage } from "../fixtures/images.ts";
import { processesOf } from "../fixtures/processes.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let alice: CntnrShell;
let large: string;
beforeAll(async () => {
  alice = await CntnrShell.start();
  large = await alice.registry.push(await debianImage(), "debian:12");
});
afterEach(() => alice.clear());
afterAll(() => alice[Symbol.asyncDispose]());

const left = () => [
  ...readdirSync(alice.inStore("tmp")),
  ...readdirSync(alice.inStore("containers")).filter((name) => !name.startsWith("names")),
  ...readdirSync(alice.inStore("volumes")),
];
const isAtWork = () => readdirSync(alice.inStore("tmp")).some((name) => !name.endsWith(".lock"));
const expectNothing = async () => {
  expect(left()).toEqual([]);
  await waitFor(() => processesOf(alice.host).length === 0, { what: "the end of all processes" });
};
const tick = "sh -c 'while echo tick; do sleep 0.05; done'";

describe.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s", (signal, exitCode) => {
  test.each([
    ["image pull -q", ""],
    ["run -d --rm -v /data", " true"],
    ["create -v /data", " true"],
  ])("ends `%s` while it pulls, and leaves nothing", async (command, rest) => {
    const running = alice.spawn(`cntnr ${command} ${large}${rest}`);
    await waitFor(isAtWork, { what: "the pull" });
    running.kill(signal);
    expect(await running.exited).toBe(exitCode);
    expect(running.stdout).toBe("");
    await expectNothing();
    expect(await alice.ok("cntnr image ls --format '{{.Repository}}'")).toBe("127.0.0.1:5000/alpine");
  });

  test("ends commit, and the container goes on", async () => {
    await alice.ok(
      "cntnr run -d --name paused $IMAGE sh -c 'head -c 200000000 /dev/urandom >/f; echo made; sleep 1000'",
    );
    await waitFor(async () => (await alice.ok("cntnr logs paused")) === "made", { what: "the large file" });
    const commit = alice.spawn("cntnr commit --compression gzip paused large");
    await waitFor(async () => (await alice.container("paused")).state === "paused", { what: "the pause" });
    commit.kill(signal);
    expect(await commit.exited).toBe(exitCode);
    expect((await alice.container("paused")).state).toBe("running");
    expect(readdirSync(alice.inStore("tmp"))).toEqual([]);
  });

  test("ends logs -f and exec, and not the container", async () => {
    await alice.ok(`cntnr run -d --name on $IMAGE ${tick}`);
    for (const command of ["logs -f on", "exec on sh -c 'echo tick; exec sleep 1000'"]) {
      const running = alice.spawn(`cntnr ${command}`);
      await running.waitForOutput(/tick/);
      running.kill(signal);
      expect(await running.exited).toBeGreaterThanOrEqual(128);
    }
    expect((await alice.container("on")).state).toBe("running");
    await waitFor(
      () => !processesOf(alice.host).some(({ arguments: words }) => words.join(" ") === "sleep 1000"),
      { what: "the end of the command" },
    );
  });
});

describe("whoever reads the output goes", () => {
  const piped = (command: string) =>
    alice.ok(`{ cntnr ${command} 2>errors; echo $? >code; } | head -n 1; cat errors; tail -n 1 code`);

  test.each([
    ["run -t --name on", "on"],
    ["run --rm -t --name gone", ""],
  ])("%s ends quietly; the container goes on unless it was to leave nothing", async (flags, names) => {
    const output = await piped(`${flags} $IMAGE ${tick}`);
    expect(output).toMatch(/^tick\r?\n141$/);
    await waitFor(async () => (await alice.ok("cntnr ps -a --format '{{.Names}}'")) === names, {
      what: `what is left to be "${names}"`,
    });
  });

  test("logs -f, attach and exec -t end quietly, too", async () => {
    await alice.ok(`cntnr run -d --name on $IMAGE ${tick}`);
    for (const command of ["logs -f on", "attach --no-stdin on", `exec -t on ${tick}`])
      expect(await piped(command)).toMatch(/^tick\r?\n141$/);
    expect((await alice.container("on")).state).toBe("running");
  });

  test("save and cp end quietly, too", async () => {
    await alice.ok("cntnr create --name off $IMAGE true");
    for (const command of ["save $IMAGE", "cp off:/ -"])
      expect(
        await alice.ok(
          `{ cntnr ${command} 2>errors; echo $? >code; } | head -c 1 >/dev/null; cat errors code`,
        ),
      ).toBe("141");
  });
});
