import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imageReference, layeredImage, makeImage } from "../../fixtures/images.ts";
import { archive, directory, endMark, file } from "../../fixtures/tar-archive.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { describeTree } from "../../fixtures/tree.ts";
import { checked, type TestUser } from "../../fixtures/users.ts";

/*
 * A store that root keeps for everybody, named in the users' configurations: alice has sub-ids, carol has not.
 */

let host: TestHost;
let shared: string;

beforeAll(async () => {
  host = await TestHost.start();
  shared = join(host.directory, "shared");
  mkdirSync(shared);
  chmodSync(shared, 0o755);
  const restricted = makeImage(join(host.directory, "restricted"), [
    archive(
      directory("secret", { mode: 0o700 }),
      file("secret/key", "x", { mode: 0o600 }),
      directory("open", { mode: 0o1777 }),
      file("open/all", "for all", { mode: 0o644 }),
      endMark,
    ),
  ]);
  for (const image of [await layeredImage(), restricted]) {
    const argv = ["cntnr", "--image-policy", "insecure", "--store-dir", shared];
    const pull = [...argv, "image", "pull", "-q", imageReference(image)];
    checked(pull, await host.asRoot(pull));
  }
  for (const user of [host.users.alice, host.users.carol]) {
    const folder = host.homeOf(user, ".config/cntnr");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "config.ini"), `[store]\nadditional = ${shared}\n`);
    for (const path of [folder, join(folder, ".."), join(folder, "config.ini")])
      chownSync(path, user.uid, user.gid);
  }
});
afterAll(() => host[Symbol.asyncDispose]());

function cntnr(user: TestUser, ...words: string[]) {
  return host.asUser(user, ["cntnr", "--image-policy", "insecure", ...words]);
}

async function out(user: TestUser, ...words: string[]): Promise<string> {
  const result = checked(words, await cntnr(user, ...words));
  expect(result.stderr).toBe("");
  return result.stdout;
}

async function buildOn(user: TestUser): Promise<void> {
  const context = host.homeOf(user, "context");
  mkdirSync(context);
  const dockerfile = `FROM localhost/layered
RUN echo built >/built && echo changed >>/replaced
COPY --from=localhost/restricted:test /open/all /copied
RUN --mount=type=bind,from=localhost/restricted:test,target=/m cp /m/open/all /mounted
`;
  writeFileSync(join(context, "Dockerfile"), dockerfile);
  await out(user, "build", "-q", "-t", "app", join(user.home, "context"));
  const look = ["cat", "/built", "/data/keep", "/replaced", "/copied", "/mounted"];
  expect(await out(user, "run", "--rm", "app", ...look)).toBe("built\nkeptsecondchanged\nfor allfor all");
  expect(await out(user, "image", "verify")).toContain("all as they should be");
}

describe("an image of an additional store", () => {
  for (const name of ["alice", "carol"] as const)
    test(`runs with its layers in place, and can be written to: ${name}`, async () => {
      const user = host.users[name];
      const before = describeTree(shared);
      expect(await out(user, "run", "--rm", "localhost/layered", "cat", "/data/keep", "/replaced")).toBe(
        "keptsecond",
      );
      const script =
        "echo new >/data/new && rm /data/keep && cp /hard-a /copy && mkdir /opaque/dir && cat /data/new /copy && ls /opaque";
      expect(await out(user, "run", "--rm", "localhost/layered", "sh", "-c", script)).toBe(
        "new\none filedir\nnew\n",
      );
      expect(readdirSync(host.storeOf(user, "images/blobs/sha256"))).toEqual([]);
      // What was made for it has directories alone.
      const layers = readdirSync(host.storeOf(user, "layers")).filter((entry) => !entry.endsWith(".json"));
      const [layer = ""] = layers;
      expect(layers).toEqual([layer]);
      const tree = describeTree(host.storeOf(user, "layers", layer, "tree"));
      expect(tree.every((line) => / 4\d{4,5} /.test(line))).toBe(true);
      // Their owner is nobody in the container: a file cannot be changed where it is, but it can be replaced.
      const changed = await cntnr(user, "run", "--rm", "localhost/layered", "sh", "-c", "echo x >>/replaced");
      expect(changed.exitCode).toBe(1);
      expect(describeTree(shared)).toEqual(before);
      await out(user, "image", "gc");
      expect(readdirSync(host.storeOf(user, "layers"))).toContain(layer);
    });

  test("is listed, inspected and told of, as read-only", async () => {
    const { alice } = host.users;
    expect(await out(alice, "images", "--format", "{{.Repository}} {{.ReadOnly}}")).toBe(
      "localhost/layered true\nlocalhost/restricted true\n",
    );
    expect(await out(alice, "image", "inspect", "-f", "{{index .RepoTags 0}}", "layered")).toBe(
      "localhost/layered:latest\n",
    );
    expect((await out(alice, "history", "layered")).split("\n")).toHaveLength(5);
    expect(await cntnr(alice, "rmi", "layered")).toMatchObject({ exitCode: 1 });
  });

  test("is exported, saved and pushed from where it is, and copied only to be named", async () => {
    const { bob } = host.users;
    const folder = host.homeOf(bob, ".config/cntnr");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "config.ini"), `[store]\nadditional = ${shared}\n`);
    checked(["chown"], await host.asRoot(["chown", "-R", `${bob.uid}:${bob.gid}`, join(folder, "..")]));
    const { address } = await host.startRegistry();
    const before = describeTree(shared);
    const id = (await out(bob, "images", "-q", "--no-trunc", "localhost/layered")).trim();
    await out(bob, "image", "export", "layered", `oci:${bob.home}/exported:1`);
    await out(bob, "save", "-o", join(bob.home, "saved.tar"), "layered");
    await out(bob, "push", "-q", "layered", `docker://${address}/layered:1`);
    expect(existsSync(host.storeOf(bob, "images/blobs"))).toBe(false);
    const inspect = async (...argv: string[]) =>
      checked(argv, await host.asUser(bob, ["skopeo", "inspect", "--raw", ...argv])).stdout;
    const raw = await inspect(`oci:${bob.home}/exported:1`);
    expect(raw).toContain(id);
    expect(await inspect(`docker-archive:${bob.home}/saved.tar`)).toContain("manifest");
    expect(await inspect("--tls-verify=false", `docker://${address}/layered:1`)).toBe(raw);
    await out(bob, "tag", "layered", "mine");
    expect(await out(bob, "images", "--format", "{{.Repository}} {{.ReadOnly}}", "mine")).toBe(
      "mine false\n",
    );
    expect(await out(bob, "images", "-q", "--no-trunc", "mine")).toBe(`${id}\n`);
    const removed = await cntnr(bob, "rmi", "localhost/layered");
    expect(removed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("which is only read") });
    expect(describeTree(shared)).toEqual(before);
  });

  test("shows what its files let others see, and no more", async () => {
    for (const user of [host.users.alice, host.users.carol]) {
      const run = [
        "run",
        "--rm",
        "-v",
        "/bin/busybox:/busybox:ro",
        "--entrypoint",
        "/busybox",
        "localhost/restricted:test",
      ];
      expect(await out(user, ...run, "cat", "/open/all")).toBe("for all");
      expect(await out(user, ...run, "ls", "/secret")).toBe("");
      expect(await out(user, ...run, "touch", "/open/mine")).toBe("");
    }
  });

  test("is copied where something is built on it, or mounted from it, with sub-ids and without", async () => {
    for (const user of [host.users.alice, host.users.carol]) await buildOn(user);
  });

  test("is nobody's when the configuration names a store that may not be read", async () => {
    const { bob } = host.users;
    const secret = host.storeOf(host.users.alice);
    const folder = host.homeOf(bob, ".config/cntnr");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "config.ini"), `[store]\nadditional = ${secret}\n`);
    const result = await cntnr(bob, "run", "--pull", "never", "localhost/layered", "true");
    expect(result).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining("may not be read by you"),
    });
  });
});
