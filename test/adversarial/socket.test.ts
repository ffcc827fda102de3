import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, lstatSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { RunningCommand } from "../fixtures/running-command.ts";
import { runDirectory, TestHost } from "../fixtures/test-host.ts";

let host: TestHost;
let netd: RunningCommand;
beforeAll(async () => {
  host = await TestHost.start();
  netd = await host.startNetd();
});
afterAll(() => host[Symbol.asyncDispose]());

const socket = () => host.path(join(runDirectory, "netd.sock"));

test("everybody may connect to the socket, and only root can put another in its place (P6, P7)", () => {
  const status = lstatSync(socket());
  expect(status.isSocket()).toBe(true);
  expect([status.mode & 0o777, status.uid]).toEqual([0o666, 0]);
  const directory = lstatSync(host.path(runDirectory));
  expect([directory.mode & 0o777, directory.uid]).toEqual([0o755, 0]);
});

test("what only netd may read is hidden in its directory (P6)", async () => {
  const { stdout } = await host.asUser(host.users.alice, [
    "find",
    runDirectory,
    "-mindepth",
    "1",
    "(",
    "-readable",
    "-o",
    "-writable",
    ")",
    "-not",
    "-name",
    "netd.sock",
  ]);
  expect(stdout).toBe("");
});

test("a socket of another user's is not spoken to (P6)", async () => {
  const { alice } = host.users;
  const directory = join(host.directory, "evil");
  mkdirSync(directory);
  const path = join(directory, "netd.sock");
  let connections = 0;
  await using server = createServer((connection) => {
    connections++;
    connection.destroy();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await host.asRoot(["chown", `${host.users.bob.uid}`, directory, path]);
  const { exitCode, stderr } = await host.asUser(alice, ["cntnr", "network", "ls"], {
    env: { CNTNR_NETD_SOCKET: path },
  });
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("not trusted");
  expect(connections).toBe(0);
});

test("a socket that a killed netd left is replaced, and anything else in its place is not touched (P7)", async () => {
  netd.kill("SIGKILL");
  await netd.exited;
  expect(existsSync(socket())).toBe(true);
  netd = await host.startNetd();
  expect((await host.asUser(host.users.alice, ["cntnr", "network", "ls"])).exitCode).toBe(0);
  netd.kill("SIGTERM");
  expect(await netd.exited).toBe(0);
  expect(existsSync(socket())).toBe(false);
  writeFileSync(socket(), "mine");
  const refused = host.spawnAsRoot(host.netdArguments());
  expect(await refused.exited).toBe(1);
  expect(refused.stderr).toContain("is no socket; move it away");
  expect(lstatSync(socket()).size).toBe(4);
});
