import { afterAll, beforeAll, expect, test } from "bun:test";
import { makeContext } from "../../fixtures/build-context.ts";
import { ImageBuilds } from "../../fixtures/image-builds.ts";
import type { RunningCommand } from "../../fixtures/running-command.ts";
import type { TestHost } from "../../fixtures/test-host.ts";
import { checked, type TestUser } from "../../fixtures/users.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

let builds: ImageBuilds;
let host: TestHost;
let alice: TestUser;
beforeAll(async () => {
  builds = await ImageBuilds.start();
  ({ host, alice } = builds);
  checked(["pull"], await host.asUser(alice, ["cntnr", "image", "pull", `docker://${builds.base}`]));
}, 120_000);
afterAll(() => builds[Symbol.asyncDispose]());

const steps = (stderr: string) => [...stderr.matchAll(/^#\d+ (DONE|CACHED)/gm)].map(([, how]) => how);

/** A build on a disk that never gets done. */
async function buildOnStuckDisk(dockerfile: string): Promise<RunningCommand> {
  const context = await makeContext(host, alice, {
    Dockerfile: dockerfile.replaceAll("BASE", builds.base),
    "bin/sync": { text: "#!/bin/sh\nexec sleep 1000\n", mode: 0o755 },
  });
  const env = { PATH: `${context}/bin:${host.directory}/bin:/usr/sbin:/usr/bin:/sbin:/bin` };
  return host.spawnAsUser(alice, ["cntnr", "build", "--progress", "plain", "-t", "stuck", context], { env });
}

async function kill(running: RunningCommand): Promise<void> {
  process.kill(running.pid, "SIGKILL");
  await running.exited;
}

test("a step's layer is used by the next before it is durable, and nobody else takes it to be there", async () => {
  const dockerfile = "FROM BASE\nRUN echo $RANDOM >/one\nRUN cat /one && echo up; sleep 1000\n";
  const running = await buildOnStuckDisk(dockerfile);
  await running.waitForOutput(/^#2 up$/m);
  expect(builds.unfinishedLayers()).toHaveLength(1);
  const verified = checked(["verify"], await host.asUser(alice, ["cntnr", "image", "verify"]));
  expect(verified.stderr).toBe("");
  await kill(running);
  const other = await builds.build("FROM BASE\nRUN echo two >/two\n");
  expect(steps(checked(["build"], other).stderr)).toEqual(["DONE"]);
  expect(builds.leftovers()).toEqual([]);
  const again = checked(["build"], await builds.build(dockerfile.replace("; sleep 1000", "")));
  expect(steps(again.stderr)).toEqual(["DONE", "DONE"]);
  checked(["verify"], await host.asUser(alice, ["cntnr", "image", "verify"]));
});

test("an image has its name when all of it is durable", async () => {
  const running = await buildOnStuckDisk("FROM BASE\nRUN echo three >/three\n");
  await waitFor(() => builds.unfinishedLayers().length === 1, { what: "the layer" });
  await running.waitForOutput(/DONE/);
  await kill(running);
  const inspect = await host.asUser(alice, ["cntnr", "image", "inspect", "stuck"]);
  expect(inspect.stderr).toContain("stuck");
  expect(inspect.exitCode).toBe(1);
});

test("a pull takes the place of a layer that a killed build has left", async () => {
  const running = await buildOnStuckDisk("FROM scratch\nCOPY bin/sync /sync\n");
  await waitFor(() => builds.unfinishedLayers().length > 0, { what: "the layer" });
  await kill(running);
  checked(["pull"], await host.asUser(alice, ["cntnr", "image", "pull", `docker://${builds.base}`]));
  expect(builds.leftovers()).toEqual([]);
});

test("what a build has done before it fails is there for the next try", async () => {
  const before = "FROM BASE\nRUN echo $RANDOM >/kept\n";
  expect((await builds.build(`${before}RUN false\n`)).exitCode).toBe(1);
  const next = checked(["build"], await builds.build(`${before}RUN true\n`));
  expect(steps(next.stderr)).toEqual(["CACHED", "DONE"]);
  expect(builds.leftovers()).toEqual([]);
});
