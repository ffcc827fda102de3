import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { busyboxImage, imageReference, makeImage } from "../../fixtures/images.ts";
import type { Registry } from "../../fixtures/registry.ts";
import { archive, endMark, file } from "../../fixtures/tar-archive.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { UserStore } from "../../fixtures/user-store.ts";
import { checked, type TestUser } from "../../fixtures/users.ts";

/*
 * The commands of the store, as alice types them; carol (no sub-ids) where it makes a difference. Each test has a store of its own.
 */

let host: TestHost;
let registry: Registry;
let alice: TestUser;

beforeAll(async () => {
  host = await TestHost.start();
  registry = await host.startRegistry();
  alice = host.users.alice;
});
afterAll(() => host[Symbol.asyncDispose]());

describe("image ls", () => {
  test("prints docker's table, newest first, and nothing but headings of an empty store", async () => {
    expect(await new UserStore(host).out("image", "ls")).toBe(
      "REPOSITORY   TAG   IMAGE ID   CREATED   SIZE\n",
    );
    const store = await UserStore.with(host, "busybox");
    await store.out("tag", "busybox", "alpine:3.6", "registry.example.org/team/app:1");
    expect(await store.lines("images")).toEqual([
      expect.stringMatching(/^REPOSITORY {2,}TAG {2,}IMAGE ID {2,}CREATED {2,}SIZE$/),
      expect.stringMatching(/^alpine {2,}3\.6 {2,}[a-f0-9]{12} {2,}N\/A {2,}1\.98MB$/),
      expect.stringMatching(/^localhost\/busybox {2,}latest /),
      expect.stringMatching(/^registry\.example\.org\/team\/app {2,}1 /),
    ]);
  });

  test("takes formats, filters, digests and quiet as docker does", async () => {
    const store = await UserStore.with(host, "busybox", "layered");
    const format = ["--format", "{{.Repository}}:{{.Tag}}"];
    expect(await store.lines("images", ...format)).toEqual([
      "localhost/busybox:latest",
      "localhost/layered:latest",
    ]);
    expect(await store.lines("images", ...format, "--filter", "reference=*/lay*")).toEqual([
      "localhost/layered:latest",
    ]);
    expect(await store.lines("images", ...format, "localhost/busybox")).toEqual(["localhost/busybox:latest"]);
    expect(await store.lines("images", ...format, "-f", "dangling=true")).toEqual([]);
    const [first] = await store.lines("images", "-q", "--no-trunc");
    expect(first).toMatch(/^sha256:[a-f0-9]{64}$/);
    expect((await store.lines("images", "-q"))[0]).toBe(first?.slice(7, 19) ?? "");
    expect(await store.out("images", "--digests")).toMatch(/DIGEST[\s\S]*sha256:[a-f0-9]{64}/);
    const [line = ""] = await store.lines("images", "--format", "json");
    expect(JSON.parse(line)).toMatchObject({
      Repository: "localhost/busybox",
      Tag: "latest",
      Containers: "0",
    });
    expect(await store.run(["images", "--filter", "colour=red"])).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining("--filter colour=red"),
    });
    expect(await store.run(["images", "--format", "{{.Nothing}}"])).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining("there is no field Nothing"),
    });
  });
});

describe("image inspect, history and cat-config", () => {
  test("tell what the image says", async () => {
    const store = await UserStore.with(host, "layered");
    const [image] = JSON.parse(await store.out("image", "inspect", "layered"));
    const [id] = await store.lines("images", "-q", "--no-trunc");
    expect(image).toMatchObject({
      Id: id,
      RepoTags: ["localhost/layered:latest"],
      RepoDigests: [expect.stringMatching(/^localhost\/layered@sha256:/)],
      Config: { Cmd: ["sh"] },
      Os: "linux",
      RootFS: { Type: "layers", Layers: [expect.any(String), expect.any(String), expect.any(String)] },
      GraphDriver: { Name: "overlay" },
    });
    expect(await store.out("image", "inspect", "-f", "{{index .Config.Cmd 0}}", "layered")).toBe("sh\n");
    expect(await store.out("image", "inspect", "--format", "{{json .Id}}", id?.slice(7, 15) ?? "")).toBe(
      `"${id}"\n`,
    );
    expect(JSON.parse(await store.out("image", "cat-config", "layered"))).toMatchObject({
      config: { Cmd: ["sh"] },
    });
    expect(await store.lines("history", "--format", "{{.ID}} {{.CreatedBy}} {{.Size}}", "layered")).toEqual([
      `${id?.slice(7, 19)} cntnr test 21B`,
      "<missing> cntnr test 25B",
      "<missing> cntnr test 1.98MB",
    ]);
    expect(await store.run(["image", "inspect", "nothing"])).toMatchObject({
      exitCode: 1,
      stdout: "[]\n",
      stderr: "cntnr: there is no image nothing in the store\n",
    });
  });
});

describe("names", () => {
  test("are given, taken away, and moved from image to image as with docker", async () => {
    const store = await UserStore.with(host, "busybox", "layered");
    await store.out("tag", "busybox", "app");
    await store.out("tag", "layered", "app");
    const idOf = async (name: string) => (await store.lines("images", "-q", name))[0];
    expect(await idOf("app")).toBe(await idOf("localhost/layered"));
    expect(await store.out("image", "untag", "localhost/busybox")).toBe(
      "Untagged: localhost/busybox:latest\n",
    );
    expect(await store.lines("images", "--format", "{{.Repository}}", "-f", "dangling=true")).toEqual([
      "<none>",
    ]);
    expect(await store.out("image", "untag", "layered", "app")).toBe("Untagged: app:latest\n");
    expect(await store.run(["image", "untag", "layered", "app"])).toMatchObject({
      exitCode: 1,
      stderr: "cntnr: image layered is not called app\n",
    });
    expect(await store.run(["tag", "layered", "Not/OK"])).toMatchObject({ exitCode: 1 });
    expect(await store.run(["tag", "layered", `x@sha256:${"0".repeat(64)}`])).toMatchObject({ exitCode: 1 });
  });
});

describe("what is not needed any more", () => {
  test("goes with its last name, blobs, layers and all, and says so as docker does", async () => {
    const store = await UserStore.with(host, "busybox");
    const [id] = await store.lines("images", "-q", "--no-trunc");
    await store.out("tag", "busybox", "other");
    expect(await store.run(["rmi", id?.slice(7, 19) ?? ""])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("has 2 names"),
    });
    expect(await store.out("rmi", "other")).toBe("Untagged: other:latest\n");
    expect(await store.out("rmi", "busybox")).toBe(`Untagged: localhost/busybox:latest\nDeleted: ${id}\n`);
    expect(store.blobs()).toEqual([]);
    expect(readdirSync(store.path("layers"))).toEqual([]);
    expect(await store.out("rmi", "-f", "busybox")).toBe("");
  });

  test("stays as long as a container is made from it", async () => {
    const store = await UserStore.with(host, "busybox");
    await store.out("create", "--name", "user", "busybox", "true");
    expect(await store.run(["rmi", "busybox"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("is used by container user"),
    });
    expect(await store.out("image", "prune", "--all", "--force")).toContain("Total reclaimed space: 0B");
    expect(await store.out("image", "gc", "--max-per-repo", "0", "--size", "0")).toContain("Removed 0 blobs");
    await store.out("rmi", "--force", "busybox");
    // Without a name, but its layers are there for the container.
    expect(readdirSync(store.path("layers")).length).toBeGreaterThan(0);
    await store.out("rm", "user");
    await store.out("image", "gc");
    expect(readdirSync(store.path("layers"))).toEqual([]);
  });

  test("is pruned: images without a name, or all that nothing uses, and not without asking", async () => {
    const store = await UserStore.with(host, "busybox", "layered");
    await store.out("image", "untag", "busybox");
    // Without a terminal there is nobody to ask.
    expect(await store.run(["image", "prune"], { input: "y\n" })).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining("--force"),
    });
    expect(await store.lines("images", "-q")).toHaveLength(2);
    expect(await store.out("image", "prune", "--force")).toMatch(
      /^Deleted Images:\ndeleted: sha256:[a-f0-9]{64}\n\nTotal reclaimed space: \d/,
    );
    expect(await store.lines("images", "-q")).toHaveLength(1);
    expect(await store.out("image", "prune", "-af")).toMatch(/untagged: localhost\/layered:latest/);
    expect(store.blobs()).toEqual([]);
  });

  test("is collected by age, by number and by size, and named beforehand", async () => {
    const store = await UserStore.with(host, "busybox");
    for (const tag of ["1", "2", "3"]) await store.out("tag", "busybox", `app:${tag}`);
    expect(await store.lines("image", "gc", "--max-per-repo", "2", "--dry-run")).toEqual([
      "app:1 goes, because it is not among the youngest of its repository",
    ]);
    expect(await store.lines("images", "-q", "app")).toHaveLength(3);
    await store.out("image", "gc", "-m", "2");
    expect(await store.lines("images", "--format", "{{.Tag}}", "app")).toEqual(["2", "3"]);
    await store.out("image", "gc", "--ttl", "1h", "--ref-ttl", "1h", "--size", "1g");
    expect(await store.lines("images", "-q")).toHaveLength(3);
    await store.out("image", "gc", "--size", "1m");
    expect(await store.lines("images", "-q")).toEqual([]);
    expect(await store.run(["image", "gc", "--ttl", "soon"])).toMatchObject({ exitCode: 125 });
  });
});

describe("an image is copied", () => {
  test("to a registry, and pulled again by somebody else", async () => {
    const store = await UserStore.with(host, "layered");
    const name = `${registry.address}/team/app:7`;
    await store.out("tag", "layered", name);
    const pushed = checked(["push"], await store.run(["push", name])).stdout;
    expect(pushed).toMatch(/^7: digest: sha256:[a-f0-9]{64} size: \d+\n$/);
    const other = new UserStore(host, host.users.carol);
    await other.out("pull", "-q", name);
    const digest = await other.out("image", "inspect", "-f", "{{.Descriptor.digest}}", name);
    expect(pushed).toContain(digest.trim());
    expect(await store.run(["push", "layered"])).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining("is of no registry"),
    });
    const elsewhere = `docker://${registry.address}/elsewhere:1`;
    expect(await store.run(["push", "-q", "layered", elsewhere])).toMatchObject({ exitCode: 0 });
  });

  test("to what skopeo and umoci read", async () => {
    const store = await UserStore.with(host, "layered");
    const directory = join(alice.home, "exported");
    const digest = (await store.out("image", "export", "layered", `oci:${directory}:x`)).trim();
    const argv = ["skopeo", "inspect", `oci:${directory}:x`];
    expect(JSON.parse(checked(argv, await host.asUser(alice, argv)).stdout).Digest).toBe(digest);
    const stat = ["umoci", "stat", "--json", "--image", `${directory}:x`];
    expect(JSON.parse(checked(stat, await host.asUser(alice, stat)).stdout).history).toHaveLength(3);
    expect(await store.run(["image", "export", "layered", "nowhere"])).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining("is no destination"),
    });
  });
});

describe("image verify", () => {
  test("finds what is damaged, missing or foreign", async () => {
    const store = await UserStore.with(host, "layered");
    expect(await store.out("image", "verify")).toMatch(
      /^1 images, 5 blobs \(.*\) and 3 unpacked layers: all as/,
    );
    const [first = "", second = ""] = store.blobs();
    writeFileSync(store.path(`images/blobs/sha256/${first}`), "damaged");
    rmSync(store.path(`images/blobs/sha256/${second}`));
    writeFileSync(store.path("images/blobs/sha256/stranger"), "");
    rmSync(store.path("images/oci-layout"));
    const result = await store.run(["image", "verify"]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(`sha256:${first} does not have the contents`);
    expect(result.stderr).toContain(second);
    expect(result.stderr).toContain("stranger is not a blob");
    expect(result.stderr).toContain("oci-layout does not say");
  });
});

describe("login", () => {
  test("keeps what skopeo keeps, and logout forgets it", async () => {
    const authFile = join(alice.home, "auth.json");
    const env = { REGISTRY_AUTH_FILE: authFile };
    const words = ["login", "-u", "alice", "-p", "secret", registry.address];
    // This registry asks nobody for a password, and takes all.
    const result = await new UserStore(host).run([...words, "--tls-verify=false"], { env });
    expect(result).toMatchObject({ exitCode: 0, stdout: "Login Succeeded!\n" });
    const kept = JSON.parse(readFileSync(host.homeOf(alice, "auth.json"), "utf8"));
    expect(Buffer.from(kept.auths[registry.address].auth, "base64").toString()).toBe("alice:secret");
    expect(await new UserStore(host).run(["logout", registry.address], { env })).toMatchObject({
      exitCode: 0,
    });
    expect(JSON.parse(readFileSync(host.homeOf(alice, "auth.json"), "utf8")).auths).toEqual({});
  });
});

test("an image of a store is found by its files, whoever wrote the layout", async () => {
  const store = new UserStore(host);
  const image = makeImage(join(host.directory, "foreign"), [archive(file("f", "x"), endMark)]);
  await store.out("pull", "-q", imageReference(image));
  const argv = ["skopeo", "--insecure-policy", "copy", "-q", imageReference(await busyboxImage())];
  const destination = `oci:${join(alice.home, `${store.name}/images`)}:localhost/by-skopeo:1`;
  checked(argv, await host.asUser(alice, [...argv, destination]));
  expect(await store.lines("images", "--format", "{{.Repository}}")).toContain("localhost/by-skopeo");
  expect((await store.run(["run", "--rm", "by-skopeo:1", "true"])).exitCode).toBe(0);
});
