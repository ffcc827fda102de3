import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { busyboxImage } from "../fixtures/images.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let host: TestHost;
let image: string;
let alice: TestUser;
/** Has no sub-ids. */
let carol: TestUser;
beforeAll(async () => {
  host = await TestHost.start();
  ({ alice, carol } = host.users);
  const registry = await host.startRegistry();
  image = await registry.push(await busyboxImage(), "alpine:3.6");
  for (const user of [alice, carol]) await ok(user, ["cntnr", "image", "pull", "-q", image]);
  await host.startNetd();
});
afterAll(() => host[Symbol.asyncDispose]());

async function ok(user: TestUser, argv: readonly string[]): Promise<string> {
  return checked(argv, await host.asUser(user, argv)).stdout.replace(/\n$/, "");
}
/** `cntnr run --rm FLAGS... IMAGE sh -c SCRIPT`, as alice unless another user is named. */
const run = (flags: readonly string[], script: string, user = alice) =>
  host.asUser(user, ["cntnr", "run", "--rm", ...flags, image, "sh", "-c", script]);
const runOk = async (flags: readonly string[], script: string, user = alice) =>
  checked([...flags, script], await run(flags, script, user)).stdout.replace(/\n$/, "");
/** What a run that cntnr refuses says on standard error. */
async function refusal(flags: readonly string[], user = alice): Promise<string> {
  const { exitCode, stdout, stderr } = await run(flags, "echo ran", user);
  expect([exitCode, stdout]).toEqual([125, ""]);
  return stderr;
}

describe("--group-add", () => {
  test("gives the user groups of the image beside his own, by name and by number", async () => {
    expect(await runOk(["--group-add", "extra", "--group-add", "4711"], "id -G")).toBe("0 1001 4711");
    expect(await runOk(["-u", "user:user", "--group-add", "daemon"], "id -u; id -G")).toBe("1000\n1000 1");
    const script = "echo text >/tmp/file && chgrp 4711 /tmp/file && stat -c %g /tmp/file";
    expect(await runOk(["-u", "1000", "--group-add", "4711"], script)).toBe("4711");
    expect(await run(["--group-add", "extra"], "exit 7")).toMatchObject({ exitCode: 7 });
    const input = await host.asUser(alice, ["cntnr", "run", "--rm", "-i", "--group-add", "5", image, "cat"], {
      input: "typed",
    });
    expect(input).toMatchObject({ exitCode: 0, stdout: "typed" });
  });

  test("holds for commands, checks and later lives of the container", async () => {
    const check = ["--health-cmd", "id -G | grep -q 4711", "--health-interval", "1s"];
    const flags = ["--name", "grouped", "-u", "daemon", "--group-add", "4711", ...check];
    await ok(alice, ["cntnr", "run", "-d", ...flags, image, "sh", "-c", "id -G; exec sleep 1000"]);
    try {
      expect(await ok(alice, ["cntnr", "exec", "grouped", "id", "-G"])).toBe("1 4711");
      expect(await ok(alice, ["cntnr", "exec", "-u", "0", "grouped", "id", "-G"])).toBe("0 4711");
      const terminal = "script -qec 'cntnr exec -ti grouped id -G' /dev/null";
      expect(await ok(alice, ["sh", "-c", terminal])).toContain("1 4711");
      await ok(alice, ["cntnr", "exec", "-d", "grouped", "sh", "-c", "id -G >/tmp/detached"]);
      await waitFor(
        async () =>
          (await host.asUser(alice, ["cntnr", "exec", "grouped", "cat", "/tmp/detached"])).stdout ===
          "1 4711\n",
        { what: "the output of a command behind" },
      );
      const health = ["cntnr", "inspect", "--format", "{{.State.Health.Status}}", "grouped"];
      await waitFor(async () => (await ok(alice, health)) === "healthy", { what: "its check" });
      await ok(alice, ["cntnr", "pause", "grouped"]);
      await ok(alice, ["cntnr", "unpause", "grouped"]);
      await ok(alice, ["cntnr", "restart", "-t", "0", "grouped"]);
      expect(await ok(alice, ["cntnr", "logs", "grouped"])).toBe("1 4711\n1 4711");
      const joined = ["--pid", "container:grouped", "--group-add", "4712"];
      expect(await runOk(joined, "id -G; pidof sleep")).toBe("0 4712\n1");
    } finally {
      await ok(alice, ["cntnr", "rm", "-f", "grouped"]);
    }
  });

  test("goes with a network of the administrator's", async () => {
    const address = "ip -4 -o addr show eth0 | grep -o 'inet 10.20.0.[0-9]*'";
    const output = await runOk(["--network", "lab", "--group-add", "4711"], `id -G; ${address}; hostname -i`);
    const [groups, inet, named] = output.split("\n");
    expect(groups).toBe("0 4711");
    expect(inet).toBe(`inet ${named}`);
    const taken = ["--network", "lab", "--ip", "10.20.0.1", "--group-add", "4711"];
    expect(await refusal(taken)).toContain("not permitted");
    await host.waitForNoResidue();
  });

  test("is refused with the reason where it cannot be", async () => {
    expect(await refusal(["--group-add", "none-such"])).toContain(
      '--group-add none-such: the image\'s /etc/group has no group "none-such"',
    );
    expect(await refusal(["--group-add", "99999999"])).toContain("beyond your sub-ids");
    expect(await refusal(["--group-add", "4711", "--pid", "host"])).toContain("--pid host");
    expect(await refusal(["--group-add", "4711"], carol)).toContain("you have no sub-ids");
    expect(await refusal(["--group-add", "4711", "--group-add", "keep-groups"])).toContain(
      "goes with no other",
    );
    for (const user of [alice, carol])
      expect(await runOk(["--group-add", "keep-groups"], "id -G | wc -w", user)).toBe("2");
    const bundle = ["cntnr", "bundle", "create", "-b", "grouped", "--group-add", "4711", image];
    expect((await host.asUser(alice, bundle)).stderr).toContain("plain runc");
  });
});
