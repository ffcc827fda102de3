import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { busyboxImage, layeredImage } from "../fixtures/images.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";

let host: TestHost;
let image: string;
let layered: string;
let alice: TestUser;
/** Has no sub-ids. */
let carol: TestUser;
beforeAll(async () => {
  host = await TestHost.start();
  ({ alice, carol } = host.users);
  const registry = await host.startRegistry();
  image = await registry.push(await busyboxImage(), "alpine:3.6");
  layered = await registry.push(await layeredImage(), "layered:1");
});
afterAll(() => host[Symbol.asyncDispose]());
afterEach(async () => {
  for (const user of [alice, carol])
    await ok(user, ["sh", "-c", 'names=$(cntnr bundle ls -q); [ -z "$names" ] || cntnr bundle rm -f $names']);
});

async function ok(user: TestUser, argv: readonly string[]): Promise<string> {
  return checked(argv, await host.asUser(user, argv)).stdout.replace(/\n$/, "");
}
const create = (flags: readonly string[], command: readonly string[], user = alice, of = image) =>
  ok(user, ["cntnr", "bundle", "create", ...flags, of, ...command]);
const refusal = async (argv: readonly string[]) => {
  const { exitCode, stderr } = await host.asUser(alice, argv);
  expect(exitCode).not.toBe(0);
  return stderr;
};
/** As the test process reaches it, which is root. */
const inHome = (path: string) => host.homeOf(alice, path.replace(/^\/home\/cntnr-alice\//, ""));

describe.each([
  ["with sub-ids", () => alice],
  ["without sub-ids", () => carol],
] as const)("a user %s", (_, userOf) => {
  test("runs a bundle with cntnr and with plain runc, also from a directory of her own", async () => {
    const user = userOf();
    for (const where of ["web", "./place/web"]) {
      const directory = await create(["-b", where, "-e", "A=b"], ["sh", "-c", "echo $A; exit 3"], user);
      expect(directory).toBe(
        `${user.home}/${where === "web" ? ".local/share/cntnr/bundles/web" : "place/web"}`,
      );
      const ours = await host.asUser(user, ["cntnr", "bundle", "run", where]);
      expect(ours).toMatchObject({ exitCode: 3, stdout: "b\n" });
      const plain = ["sh", "-c", `runc --root "$XDG_RUNTIME_DIR/plain" run -b ${directory} plain`];
      expect(await host.asUser(user, plain)).toMatchObject({ exitCode: 3, stdout: "b\n" });
    }
    expect((await ok(user, ["cntnr", "bundle", "ls", "-q"])).split("\n")).toHaveLength(2);
    await ok(user, ["cntnr", "bundle", "rm", "./place/web"]);
    expect(await ok(user, ["ls", "place"])).toBe("");
  });

  test("packs a bundle that needs neither the store nor cntnr", async () => {
    const user = userOf();
    await create(["-b", "packed"], ["sh", "-c", "cat /data/keep /new || echo fresh >/new"], user, layered);
    expect((await host.asUser(user, ["cntnr", "bundle", "run", "packed"])).stdout).toBe("kept");
    await ok(user, ["cntnr", "bundle", "export", "packed", "packed.tar"]);
    await ok(user, ["cntnr", "bundle", "rm", "packed"]);
    const unpack = user === alice ? "unshare --map-auto --map-root-user tar" : "tar";
    await ok(user, [
      "sh",
      "-c",
      `mkdir -p out && ${unpack} --exclude='./packed/rootfs/bin/no' -xf packed.tar -C out`,
    ]);
    const run =
      'mv ~/.local/share/cntnr ~/away; runc --root "$XDG_RUNTIME_DIR/plain" run -b ~/out/packed plain; mv ~/away ~/.local/share/cntnr';
    expect(await ok(user, ["sh", "-c", run])).toBe("keptfresh");
  });
});

describe("create", () => {
  test("is refused for a name that is taken, and for a directory that is somebody's", async () => {
    await create(["-b", "one"], ["true"]);
    expect(await refusal(["cntnr", "bundle", "create", "-b", "one", image, "true"])).toContain(
      "--update changes it",
    );
    await ok(alice, ["sh", "-c", "mkdir -p mine && touch mine/file"]);
    expect(await refusal(["cntnr", "bundle", "create", "-b", "./mine", image])).toContain(
      "no bundle of yours",
    );
    expect(await refusal(["cntnr", "bundle", "create", image])).toContain("-b NAME or DIR is missing");
    expect(await refusal(["cntnr", "bundle", "create", "-b", "x", "--pid", "container:a", image])).toContain(
      "may be gone when it runs",
    );
  });

  test("with --update changes nothing when nothing has changed, and else what has", async () => {
    const script = "cat /marker || echo first >/marker; echo $A";
    const command = ["sh", "-c", script];
    const directory = await create(["-b", "web", "--update", "-e", "A=1"], command);
    await host.asUser(alice, ["cntnr", "bundle", "run", "web"]);
    const config = inHome(`${directory}/config.json`);
    const before = statSync(config);
    await create(["-b", "web", "--update", "-e", "A=1"], command);
    expect(statSync(config)).toEqual(before);
    await create(["-b", "web", "--update", "-e", "A=2"], command);
    // The root file system stays, because the image is the same.
    expect(await ok(alice, ["cntnr", "bundle", "run", "web"])).toBe("first\n2");
    await create(["-b", "web", "--update", "--keep-changes", "-e", "A=3"], command, alice, layered);
    expect(await ok(alice, ["cntnr", "bundle", "run", "web"])).toBe("first\n3");
    await create(["-b", "web", "--update", "-e", "A=4"], command);
    expect(await ok(alice, ["cntnr", "bundle", "run", "web"])).toBe("4");
  });

  test("with --rootfs-copy makes one that does not need the store", async () => {
    const directory = await create(["-b", "copied", "--rootfs-copy"], ["cat", "/data/keep"], alice, layered);
    const config: { mounts: { type: string }[] } = JSON.parse(
      readFileSync(inHome(`${directory}/config.json`), "utf8"),
    );
    expect(config.mounts.some(({ type }) => type === "overlay")).toBe(false);
    await ok(alice, ["cntnr", "image", "rm", layered]);
    expect(await ok(alice, ["cntnr", "bundle", "run", "copied"])).toBe("kept");
  });

  test("makes one anew that was cut off, and gc removes it", async () => {
    const directory = await create(["-b", "half"], ["echo", "whole"]);
    await ok(alice, ["rm", `${directory}/config.json`]);
    expect(await refusal(["cntnr", "bundle", "run", "half"])).toContain("is not whole");
    expect(await ok(alice, ["cntnr", "bundle", "ls", "--format", "{{.LastUse}}"])).toBe("not whole");
    await create(["-b", "half"], ["echo", "whole"]);
    expect(await ok(alice, ["cntnr", "bundle", "run", "half"])).toBe("whole");
    await ok(alice, ["rm", `${directory}/config.json`]);
    expect(await ok(alice, ["cntnr", "bundle", "gc"])).toBe("half");
    expect(await ok(alice, ["ls", `${alice.home}/.local/share/cntnr/bundles`])).toBe("");
  });
});

test("a bundle keeps its layers and volumes from being collected", async () => {
  await create(["-b", "user", "-v", "data:/data"], ["cat", "/www/index.html"]);
  await ok(alice, ["cntnr", "image", "rm", "--force", image]);
  expect(await ok(alice, ["cntnr", "bundle", "run", "user"])).toBe("hello from www");
  expect(await refusal(["cntnr", "volume", "rm", "data"])).toContain("in use by bundle user");
  await ok(alice, ["cntnr", "bundle", "rm", "user"]);
  await ok(alice, ["cntnr", "volume", "rm", "data"]);
});

test("a bundle that runs is neither run twice, nor changed, nor removed (B5)", async () => {
  await create(["-b", "busy", "-i"], ["cat"]);
  const running = host.spawnAsUser(alice, ["cntnr", "bundle", "run", "busy"]);
  running.write("ready\n");
  await running.waitForOutput(/ready/);
  for (const command of [
    ["run", "busy"],
    ["rm", "busy"],
    ["create", "-b", "busy", "--update", "-e", "X=1", image, "cat"],
    ["export", "busy", "busy.tar"],
  ])
    expect(await refusal(["cntnr", "bundle", ...command])).toContain("is running, or being changed");
  expect(await ok(alice, ["cntnr", "bundle", "gc", "--ttl", "0s"])).toBe("");
  running.closeInput();
  expect(await running.exited).toBe(0);
  expect(await ok(alice, ["cntnr", "bundle", "gc", "--ttl", "0s"])).toBe("busy");
});

test("a container that has put links where cntnr mounts is not run again (B4)", async () => {
  const script = "umount -l /dev && rmdir /dev && ln -s /tmp /dev && echo linked";
  await create(["-b", "hostile", "--privileged"], ["sh", "-c", script]);
  expect(await ok(alice, ["cntnr", "bundle", "run", "hostile"])).toBe("linked");
  expect(await refusal(["cntnr", "bundle", "run", "hostile"])).toContain("something else at /dev");
  await ok(alice, ["cntnr", "run", "--name", "hostile", "--privileged", image, "sh", "-c", script]);
  expect(await refusal(["cntnr", "start", "-a", "hostile"])).toContain("something else at /dev");
  await ok(alice, ["cntnr", "rm", "hostile"]);
});

test("a bundle has its networks under cntnr and under plain runc", async () => {
  await host.startNetd();
  const directory = await create(
    ["-b", "net", "--network", "lab"],
    ["ip", "-4", "-o", "addr", "show", "eth0"],
  );
  expect(await ok(alice, ["cntnr", "bundle", "run", "net"])).toContain("10.20.0.");
  const plain = `runc --root "$XDG_RUNTIME_DIR/plain" run -b ${directory} plain`;
  expect(await ok(alice, ["sh", "-c", plain])).toContain("10.20.0.");
  await host.waitForNoResidue();
});
