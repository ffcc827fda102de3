import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { busyboxImage, imageReference, makeImage } from "../fixtures/images.ts";
import { blobPath, readManifest } from "../fixtures/oci-layout.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";

let host: TestHost;
let image: string;
/** Has a VOLUME /var/lib/db with a file, of user 1000 and mode 750. */
let database: string;
let alice: TestUser;
/** Has no sub-ids. */
let carol: TestUser;
beforeAll(async () => {
  host = await TestHost.start();
  ({ alice, carol } = host.users);
  const registry = await host.startRegistry();
  image = await registry.push(await busyboxImage(), "alpine:3.6");
  database = imageReference(await databaseImage());
  for (const user of [alice, carol])
    for (const reference of [image, database]) await ok(user, ["cntnr", "image", "pull", "-q", reference]);
});
afterAll(() => host[Symbol.asyncDispose]());
beforeEach(async () => {
  for (const user of [alice, carol]) await ok(user, ["cntnr", "volume", "prune", "--all", "--force"]);
});

async function databaseImage() {
  const busybox = (await busyboxImage()).directory;
  const lower = Bun.gunzipSync(
    readFileSync(blobPath(busybox, readManifest(busybox).layers[0]?.digest ?? "")),
  );
  const root = join(host.directory, "database-root");
  for (const folder of ["var/lib/db", "home/app/state"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "var/lib/db/init"), "of the image\n");
  writeFileSync(join(root, "home/app/state/file"), "in a home\n");
  chmodSync(join(root, "var/lib/db"), 0o750);
  chmodSync(join(root, "home/app"), 0o700);
  for (const path of ["var/lib/db", "home/app", "home/app/state", "home/app/state/file"])
    chownSync(join(root, path), 1000, 1000);
  const tar = Bun.spawnSync(["tar", "--numeric-owner", "-C", root, "-c", "var/lib/db", "home/app"]).stdout;
  return makeImage(join(host.directory, "database"), [lower, tar], {
    Volumes: { "/var/lib/db": {} },
    WorkingDir: "/home/app/state",
  });
}

async function ok(user: TestUser, argv: readonly string[]): Promise<string> {
  return checked(argv, await host.asUser(user, argv)).stdout.replace(/\n$/, "");
}
const runOk = (flags: readonly string[], script: string, user = alice, reference = image) =>
  ok(user, ["cntnr", "run", "--rm", ...flags, reference, "sh", "-c", script]);
const volumes = (user = alice) => ok(user, ["cntnr", "volume", "ls", "-q"]);

describe.each([
  ["with sub-ids", () => alice],
  ["without sub-ids", () => carol],
] as const)("a user %s", (_, userOf) => {
  test("keeps data in a named volume from one container to the next", async () => {
    const user = userOf();
    await runOk(["-v", "data:/data"], "echo kept >/data/file; chown 1000 /data/file", user);
    expect(
      await runOk(["-v", "data:/elsewhere:ro"], "cat /elsewhere/file; touch /elsewhere/x 2>&1", user).catch(
        String,
      ),
    ).toContain("Read-only file system");
    expect(await runOk(["--mount", "type=volume,src=data,dst=/d"], "cat /d/file", user)).toBe("kept");
    expect(await volumes(user)).toBe("data");
    const inspected = await ok(user, ["cntnr", "volume", "inspect", "--format", "{{.Mountpoint}}", "data"]);
    expect(await ok(user, ["cat", `${inspected}/file`])).toBe("kept");
    expect(await ok(user, ["cntnr", "volume", "rm", "data"])).toBe("data");
    expect(existsSync(inspected)).toBe(false);
  });

  test("gets the image's content, owner and mode in an empty volume, and only in an empty one", async () => {
    const user = userOf();
    const script = "cat /var/lib/db/init; stat -c %a /var/lib/db; echo more >>/var/lib/db/init";
    expect(await runOk(["-v", "db:/var/lib/db"], script, user, database)).toBe("of the image\n750");
    expect(await runOk(["-v", "db:/var/lib/db"], script, user, database)).toBe("of the image\nmore\n750");
    expect(await runOk(["-v", "empty:/var/lib/db:nocopy"], "ls /var/lib/db", user, database)).toBe("");
    const owner = await runOk(["-v", "other:/var/lib/db"], "stat -c %u /var/lib/db", user, database);
    expect(owner).toBe(user === alice ? "1000" : "0");
  });

  test("has an anonymous volume for each VOLUME of the image, which goes with --rm and rm -v", async () => {
    const user = userOf();
    expect(await runOk([], "cat /var/lib/db/init", user, database)).toBe("of the image");
    expect(await volumes(user)).toBe("");
    await ok(user, ["cntnr", "run", "--name", "one", "-v", "/cache", database, "true"]);
    expect((await volumes(user)).split("\n")).toHaveLength(2);
    await ok(user, ["cntnr", "rm", "one"]);
    expect((await volumes(user)).split("\n")).toHaveLength(2);
    await ok(user, ["cntnr", "run", "--name", "two", database, "true"]);
    await ok(user, ["cntnr", "rm", "-v", "two"]);
    expect((await volumes(user)).split("\n")).toHaveLength(2);
    const pruned = await ok(user, ["cntnr", "volume", "prune", "--force"]);
    expect(pruned.split("\n")).toEqual([
      "Deleted Volumes:",
      expect.stringMatching(/^[0-9a-f]{64}$/),
      expect.stringMatching(/^[0-9a-f]{64}$/),
      "",
      expect.stringMatching(/^Total reclaimed space: [\d.]+k?B$/),
    ]);
    expect(await ok(user, ["cntnr", "volume", "prune", "--force"])).toBe("Total reclaimed space: 0B");
    expect(await volumes(user)).toBe("");
  });
});

test("a container has the mounts of others, and keeps their volumes from being removed", async () => {
  await ok(alice, ["sh", "-c", "mkdir -p ~/bound && echo bound >~/bound/file"]);
  const flags = ["-v", "/anonymous", "-v", "named:/named", "-v", "./bound:/bound:ro", "--tmpfs", "/scratch"];
  await ok(alice, [
    "cntnr",
    "run",
    "--name",
    "first",
    ...flags,
    image,
    "sh",
    "-c",
    "echo a >/anonymous/a; echo n >/named/n",
  ]);
  const script = "cat /anonymous/a /named/n /bound/file; test -e /scratch || echo none; touch /bound/x";
  const second = ["cntnr", "run", "--name", "second", "--volumes-from", "first", image, "sh", "-c", script];
  const { stdout, stderr } = await host.asUser(alice, second);
  expect(stdout).toBe("a\nn\nbound\nnone\n");
  expect(stderr).toContain("Read-only file system");
  expect((await host.asUser(alice, ["cntnr", "volume", "rm", "named"])).stderr).toContain(
    "in use by container",
  );
  await ok(alice, ["cntnr", "rm", "-v", "first"]);
  expect((await volumes()).split("\n")).toHaveLength(2);
  const readOnly = await host.asUser(alice, [
    ...["cntnr", "run", "--rm", "--volumes-from", "second:ro", image],
    ...["sh", "-c", "cat /named/n; touch /named/x"],
  ]);
  expect(readOnly.stdout).toBe("n\n");
  expect(readOnly.stderr).toContain("Read-only file system");
  await ok(alice, ["cntnr", "rm", "-v", "second"]);
  expect(await volumes()).toBe("named");
});

test("with :U all of a directory or volume belongs to the container's user", async () => {
  await ok(alice, [
    "sh",
    "-c",
    "mkdir -p ~/mine/deep && touch ~/mine/deep/file && ln -s /etc/passwd ~/mine/link",
  ]);
  const script = "stat -c %u /in /in/deep/file /in/link; touch /in/deep/new && echo written";
  expect(await runOk(["-u", "1000", "-v", "./mine:/in:U"], script)).toBe("1000\n1000\n1000\nwritten");
  expect(await runOk(["-u", "1000", "-v", "owned:/in:U"], "touch /in/x && stat -c %u /in")).toBe("1000");
  await runOk(["-v", "./mine:/in:U"], "stat -c %u /in");
  expect(await ok(alice, ["stat", "-c", "%U", "mine/deep/file"])).toBe("cntnr-alice");
});

test("volumes have labels, filters, options and templates", async () => {
  await ok(alice, ["cntnr", "volume", "create", "--label", "tier=db", "first"]);
  await ok(alice, ["cntnr", "volume", "create", "second"]);
  const anonymous = await ok(alice, ["cntnr", "volume", "create"]);
  expect(anonymous).toMatch(/^[0-9a-f]{64}$/);
  const list = (...args: string[]) => ok(alice, ["cntnr", "volume", "ls", ...args]);
  expect(await list("-q", "--filter", "label=tier=db")).toBe("first");
  expect(await list("-f", "name=sec", "--format", "{{.Name}} {{.Driver}}")).toBe("second local");
  expect(await list("--filter", "label=tier")).toMatch(/^DRIVER +VOLUME NAME\nlocal +first$/);
  await ok(alice, ["cntnr", "create", "--name", "user", "-v", "first:/f", image, "true"]);
  expect(await list("-q", "--filter", "dangling=false")).toBe("first");
  const [inspected]: [{ Labels: object }] = JSON.parse(
    await ok(alice, ["cntnr", "volume", "inspect", "first"]),
  );
  expect(inspected.Labels).toEqual({ tier: "db" });
  expect(await ok(alice, ["cntnr", "volume", "prune", "--force"])).toContain(`:\n${anonymous}\n\n`);
  await ok(alice, ["cntnr", "rm", "user"]);

  await ok(alice, ["cntnr", "volume", "create", "-o", "type=tmpfs", "-o", "o=size=1m", "memory"]);
  expect(await runOk(["-v", "memory:/m"], "grep ' /m ' /proc/mounts")).toMatch(
    /^tmpfs \/m tmpfs .*size=1024k/,
  );
  await ok(alice, [
    "sh",
    "-c",
    'mkdir -p ~/real && cntnr volume create -o type=none -o o=bind -o device="$HOME/real" named',
  ]);
  await runOk(["-v", "named:/n"], "echo through >/n/file");
  expect(await ok(alice, ["cat", "real/file"])).toBe("through");
  const refused = await host.asUser(alice, ["cntnr", "volume", "create", "-o", "type=nfs", "x"]);
  expect([refused.exitCode, refused.stderr]).toEqual([
    1,
    expect.stringContaining("only root may mount that"),
  ]);
  expect((await host.asUser(alice, ["cntnr", "volume", "prune"])).stderr).toContain("--force");
});

test("directories that are an image's user's alone are worked in, and fill volumes", async () => {
  for (const user of [alice, carol]) {
    const asUser = user === alice ? ["-u", "1000"] : [];
    expect(await runOk(asUser, "pwd; cat file", user, database)).toBe("/home/app/state\nin a home");
    const flags = [...asUser, "-v", "state:/home/app/state"];
    expect(await runOk(flags, "cat file; echo more >file", user, database)).toBe("in a home");
    expect(await runOk(flags, "cat file", user, database)).toBe("more");
  }
});

test("a copy into a volume that was cut off is made again", async () => {
  await runOk(
    ["-v", "db:/var/lib/db"],
    "echo half >/var/lib/db/init; touch /var/lib/db/other",
    alice,
    database,
  );
  const volume = `${alice.home}/.local/share/cntnr/volumes/db`;
  await ok(alice, ["touch", `${volume}/populating`]);
  expect(await runOk(["-v", "db:/var/lib/db"], "ls /var/lib/db; cat /var/lib/db/init", alice, database)).toBe(
    "init\nof the image",
  );
});

test("many containers make and fill one volume at once", async () => {
  const outputs = await Promise.all(
    Array.from({ length: 6 }, () => runOk(["-v", "db:/var/lib/db"], "cat /var/lib/db/init", alice, database)),
  );
  expect(new Set(outputs)).toEqual(new Set(["of the image"]));
  expect(await volumes()).toBe("db");
});
