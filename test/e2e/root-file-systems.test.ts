import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imageReference, layeredImage } from "../fixtures/images.ts";
import { Runs } from "../fixtures/runs.ts";
import type { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";

let runs: Runs;
let host: TestHost;
let image: string;
let alice: TestUser;
/** Has no sub-ids. */
let carol: TestUser;
beforeAll(async () => {
  runs = await Runs.start();
  ({ host, image, alice, carol } = runs);
});
afterAll(() => runs[Symbol.asyncDispose]());

const ok: Runs["ok"] = (...words) => runs.ok(...words);

describe("a hostile image", () => {
  test("has no link that leads the engine's mounts elsewhere (B4, B5)", async () => {
    const hostile = await runs.imageWith("hostile", (root) => {
      for (const name of ["dev", "proc", "sys"]) symlinkSync("/tmp", join(root, name));
      mkdirSync(join(root, "etc"), { mode: 0o711 });
      for (const name of ["hosts", "resolv.conf", "hostname"])
        symlinkSync(`../../../../../../../..${host.directory}/${name}`, join(root, "etc", name));
    });
    const script =
      "ls -ld /dev /proc /sys | cut -c1; ls -l /etc/hosts | cut -c1; stat -c %a /etc; grep -c localhost /etc/hosts; ls /tmp";
    for (const user of [alice, carol]) {
      const printed = await ok(user, ["cntnr", "run", "--rm", hostile, "sh", "-c", script]);
      expect(printed.split("\n")).toEqual(["d", "d", "d", "-", "711", expect.stringMatching(/^[1-9]/)]);
    }
    for (const name of ["hosts", "resolv.conf", "hostname"])
      expect(await Bun.file(join(host.directory, name)).exists()).toBe(false);
  });

  test("does not get the host's accounts by links (B2, B5)", async () => {
    writeFileSync(join(host.directory, "passwd"), "victim:x:4242:4242::/victim:/bin/sh\n");
    const linked = await runs.imageWith("linked", (root) => {
      mkdirSync(join(root, "etc"));
      symlinkSync(`../..${host.directory}/passwd`, join(root, "etc/passwd"));
    });
    const { exitCode, stderr } = await host.asUser(alice, [
      "cntnr",
      "run",
      "--rm",
      "-u",
      "victim",
      linked,
      "id",
    ]);
    expect(exitCode).toBe(125);
    expect(stderr).toContain("unable to find user victim");
  });

  test("does not get a working directory in /proc by a link (B2, CVE-2024-21626)", async () => {
    const linked = await runs.imageWith(
      "workdir",
      (root) => symlinkSync("proc/self/fd/8", join(root, "app")),
      {
        WorkingDir: "/app",
      },
    );
    const { exitCode, stderr } = await host.asUser(alice, ["cntnr", "run", "--rm", linked, "pwd"]);
    expect([exitCode, stderr]).toEqual([125, "cntnr: the working directory /app is in /proc: refused\n"]);
  });

  test("whose /etc leads into /proc is refused (B5)", async () => {
    const linked = await runs.imageWith("etc-link", (root) =>
      symlinkSync("/proc/self/cwd", join(root, "etc")),
    );
    const { exitCode, stderr } = await host.asUser(alice, ["cntnr", "run", "--rm", linked, "true"]);
    expect([exitCode, stderr]).toEqual([125, "cntnr: the image's /etc leads to /proc/self/cwd: refused\n"]);
  });
});

test("a bundle runs with plain runc, too", async () => {
  await ok(alice, [
    "cntnr",
    "run",
    "--name",
    "kept",
    "--network",
    "none",
    image,
    "sh",
    "-c",
    "echo $HOSTNAME; ls /dev/pts",
  ]);
  const [container]: [{ Id: string }] = JSON.parse(await ok(alice, ["cntnr", "inspect", "kept"]));
  const bundle = `${alice.home}/.local/share/cntnr/containers/${container.Id}`;
  const printed = await ok(alice, [
    "sh",
    "-c",
    `runc --root "$XDG_RUNTIME_DIR/plain" run -b ${bundle} plain`,
  ]);
  expect(printed).toBe(`${container.Id.slice(0, 12)}\nptmx`);
  await ok(alice, ["cntnr", "rm", "kept"]);
});

describe("a root file system that cannot be an overlay", () => {
  /** Runs in a store of its own; nothing may be left of the copy. */
  async function runCopied(user: TestUser, store: string, reference: string, script: string) {
    const argv = ["cntnr", "--verbose", "--store-dir", store, "run", "--rm", reference, "sh", "-c", script];
    const result = checked(argv, await host.asUser(user, argv, { timeoutMs: 120_000 }));
    expect(await ok(user, ["ls", `${store}/containers`])).toBe("names");
    return result;
  }

  test("is copied when there are more layers than mount options have room for", async () => {
    const script = `cat /data/keep /opaque/new /replaced; ls /data /opaque
      stat -c '%h %a' /hard-a; stat -c %a /tmp; readlink /link; echo x >/new; cat /new`;
    for (const user of [alice, carol]) {
      const store = join(user.home, ...Array.from({ length: 5 }, () => "long".repeat(60)));
      const reference = imageReference(await layeredImage());
      const { stdout, stderr } = await runCopied(user, store, reference, script);
      expect(stderr).toContain(
        "the root file system was copied, because mount(2) takes no options for 3 layers",
      );
      expect(stdout).toBe("keptnewsecond/data:\nkeep\n\n/opaque:\nnew\n2 644\n1777\ndata/keep\nx\n");
    }
  });

  test("is copied when the store is on an overlay itself, and has no links at mount points (B4)", async () => {
    const directory = join(host.directory, "nested");
    const mount = `mkdir -p ${directory}/l ${directory}/u ${directory}/w ${directory}/m && chown ${alice.uid} ${directory}/u &&
      mount -t overlay -o lowerdir=${directory}/l,upperdir=${directory}/u,workdir=${directory}/w overlay ${directory}/m`;
    checked([mount], await host.asRoot(["sh", "-c", mount]));
    const hostile = await runs.imageWith("hostile-nested", (root) => {
      symlinkSync("/tmp", join(root, "dev"));
      mkdirSync(join(root, "etc"));
      symlinkSync("/tmp/hosts", join(root, "etc/hosts"));
    });
    const script = "ls -ld /dev /etc/hosts | cut -c1; ls /tmp";
    const { stdout, stderr } = await runCopied(alice, join(directory, "m/store"), hostile, script);
    expect(stderr).toContain("is on an overlay itself");
    expect(stdout).toBe("d\n-\n");
  });
});

test("the path of a store may hold what separates mount options", async () => {
  const store = `${alice.home}/a,b\\c`;
  const argv = ["cntnr", "--store-dir", store, "run", "--rm", image, "cat", "/www/index.html"];
  expect(await ok(alice, argv)).toBe("hello from www");
});
