import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandResult } from "../../../runtime/process/run-command.ts";
import { debianImage, imageReference, layeredImage, makeImage } from "../../fixtures/images.ts";
import { blobPath, digestOf, readManifest } from "../../fixtures/oci-layout.ts";
import type { Registry } from "../../fixtures/registry.ts";
import { archive, directory, endMark, file } from "../../fixtures/tar-archive.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { describeTree } from "../../fixtures/tree.ts";
import { checked, type TestUser } from "../../fixtures/users.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

let host: TestHost;
let registry: Registry;
let debian: string;
let layered: string;

beforeAll(async () => {
  host = await TestHost.start();
  registry = await host.startRegistry();
  debian = await registry.push(await debianImage(), "debian:12");
  layered = await registry.push(await layeredImage(), "layered:1");
});
afterAll(() => host[Symbol.asyncDispose]());

const trusting = ["cntnr", "--image-policy", "insecure"];

function pull(user: TestUser, reference: string, storeDir?: string): Promise<CommandResult> {
  const store = storeDir === undefined ? [] : ["--store-dir", storeDir];
  return host.asUser(user, [...trusting, ...store, "image", "pull", "--quiet", reference], {
    timeoutMs: 120_000,
  });
}

function list(path: string): string[] {
  return existsSync(path) ? readdirSync(path).sort() : [];
}

function layersIn(store: string): string[] {
  return list(join(store, "layers")).filter((name) => !name.endsWith(".json"));
}

async function imageIds(user: TestUser, storeDir: string): Promise<string> {
  const argv = ["cntnr", "--store-dir", storeDir, "image", "ls", "-q", "--no-trunc"];
  return checked(argv, await host.asUser(user, argv)).stdout;
}

/** A layout whose one image is an index of an image for each of these processors. */
async function severalPlatforms(directory: string, architectures: readonly string[]): Promise<string> {
  const manifests: object[] = [];
  for (const architecture of architectures) {
    const layer = archive(file("architecture", architecture), endMark);
    makeImage(directory, [layer], {}, { architecture });
    const index = JSON.parse(readFileSync(join(directory, "index.json"), "utf8"));
    const { annotations: _, ...descriptor } = index.manifests[0];
    manifests.push({ ...descriptor, platform: { os: "linux", architecture } });
  }
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const text = JSON.stringify({ schemaVersion: 2, mediaType, manifests });
  writeFileSync(blobPath(directory, digestOf(Buffer.from(text))), text);
  const named = { mediaType, digest: digestOf(Buffer.from(text)), size: text.length };
  const annotations = { "org.opencontainers.image.ref.name": "test" };
  const index = { schemaVersion: 2, manifests: [{ ...named, annotations }] };
  writeFileSync(join(directory, "index.json"), JSON.stringify(index));
  return directory;
}

describe("several pulls of one image at the same time", () => {
  test("each end well, and there is one image with one set of layers", async () => {
    const { alice } = host.users;
    const store = join("/home", alice.name, "parallel");
    const results = await Promise.all(Array.from({ length: 5 }, () => pull(alice, layered, store)));
    for (const result of results) expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
    expect(await imageIds(alice, store)).toBe(results[0]?.stdout ?? "");
    const seen = host.homeOf(alice, "parallel");
    expect(layersIn(seen)).toHaveLength(3);
    expect(list(join(seen, "tmp"))).toEqual([]);
  });
});

describe("an image that is there already", () => {
  test("is not written again, since somebody may be reading it", async () => {
    const { alice } = host.users;
    const store = join("/home", alice.name, "again");
    const blobs = host.homeOf(alice, "again/images/blobs/sha256");
    const written = () =>
      list(blobs).map((name) => {
        const { ino, mtimeNs, size } = statSync(join(blobs, name), { bigint: true });
        return { name, ino, mtimeNs, size };
      });
    expect(await pull(alice, layered, store)).toMatchObject({ exitCode: 0, stderr: "" });
    const first = written();
    expect(await pull(alice, layered, store)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(written()).toEqual(first);
  });

  test("lends its layers to others, whose source need not have them", async () => {
    const { alice } = host.users;
    const store = join("/home", alice.name, "lent");
    const layers = [archive(file("shared", "x".repeat(5000)), endMark)];
    const first = makeImage(join(host.directory, "lender"), layers);
    const second = makeImage(join(host.directory, "borrower"), layers, { Env: ["SECOND=1"] });
    const [layer] = readManifest(join(host.directory, "borrower")).layers;
    rmSync(blobPath(join(host.directory, "borrower"), layer?.digest ?? ""));
    expect(await pull(alice, imageReference(first), store)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await pull(alice, imageReference(second), store)).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

describe("a pull that is killed", () => {
  // Each point: what is there when it is, seen from outside.
  const points: readonly { readonly what: string; readonly isThere: (store: string) => boolean }[] = [
    {
      what: "while blobs arrive",
      isThere: (store) => list(join(store, "tmp")).some((name) => name.startsWith("pull-")),
    },
    {
      what: "while layers are unpacked",
      isThere: (store) =>
        list(join(store, "tmp")).some((name) => name.startsWith("layer-") && !name.endsWith(".lock")),
    },
    {
      what: "half-way through a layer",
      isThere: (store) =>
        list(join(store, "tmp")).some(
          (name) => name.startsWith("layer-") && existsSync(join(store, "tmp", name, "tree/usr/share")),
        ),
    },
    { what: "when layers are in place", isThere: (store) => layersIn(store).length > 0 },
  ];
  for (const { what, isThere } of points)
    test(`${what} leaves no image, and the next pull works and cleans up`, async () => {
      const { alice } = host.users;
      const name = `killed-${points.findIndex((point) => point.what === what)}`;
      const store = join("/home", alice.name, name);
      const seen = host.homeOf(alice, name);
      const running = host.spawnAsUser(alice, [
        ...trusting,
        ...["--store-dir", store, "image", "pull", "--quiet", debian],
      ]);
      await waitFor(() => isThere(seen), { what: `a pull ${what}` });
      running.kill("SIGKILL");
      await running.exited;
      // It may have been faster than we were.
      if (!existsSync(join(seen, "images/index.json"))) expect(await imageIds(alice, store)).toBe("");
      expect(await pull(alice, debian, store)).toMatchObject({ exitCode: 0, stderr: "" });
      expect((await imageIds(alice, store)).trim().split("\n")).toHaveLength(1);
      expect(list(join(seen, "tmp"))).toEqual([]);
      expect(layersIn(seen)).toEqual([expect.stringMatching(/^[0-9a-f]{64}-[a-z0-9]+$/)]);
    }, 180_000);
});

describe("what is pulled", () => {
  test("has the owners that the image names, with sub-ids as the container will see them", async () => {
    const { alice, carol } = host.users;
    const image = makeImage(join(host.directory, "owners"), [
      archive(
        directory("./", { uid: 0, mode: 0o755 }),
        file("root", "x"),
        file("games", "x", { uid: 5, gid: 60, mode: 0o2755 }),
        directory("nobody", { uid: 65_534, gid: 65_534, mode: 0o1777 }),
        endMark,
      ),
    ]);
    const subIds = Number(
      readFileSync("/etc/subuid", "utf8")
        .split("\n")
        .find((line) => line.startsWith(`${alice.name}:`))
        ?.split(":")[1],
    );
    const own = `${alice.uid}:${alice.gid}`;
    for (const [user, games, nobody] of [
      [alice, `${subIds + 4}:${subIds + 59}`, `${subIds + 65_533}:${subIds + 65_533}`],
      [carol, `${carol.uid}:${carol.gid}`, `${carol.uid}:${carol.gid}`],
    ] as const) {
      const store = join("/home", user.name, "owners");
      expect(await pull(user, imageReference(image), store)).toMatchObject({ exitCode: 0, stderr: "" });
      const seen = host.homeOf(user, "owners");
      const tree = describeTree(join(seen, "layers", layersIn(seen)[0] ?? "", "tree"), { ignoreTimes: true });
      const owner = user === alice ? own : games;
      // Without sub-ids an attribute says who the owner is in the image.
      const recorded = user === alice ? "" : " user.rootlesscontainers=";
      expect(tree).toEqual([
        expect.stringMatching(new RegExp(`^\\. 40755 ${owner} `)),
        expect.stringMatching(new RegExp(`^games 102755 ${games} .*${recorded}`)),
        expect.stringMatching(new RegExp(`^nobody 41777 ${nobody} .*${recorded}`)),
        expect.stringMatching(new RegExp(`^root 100644 ${owner} `)),
      ]);
    }
  });

  test("is the image of the platform that is asked for, or nothing", async () => {
    const { alice } = host.users;
    const reference = `oci:${await severalPlatforms(join(host.directory, "platforms"), ["arm64", "s390x"])}:test`;
    const pullFor = (platform: string) =>
      host.asUser(alice, [...trusting, "image", "pull", "--quiet", "--platform", platform, reference]);
    for (const architecture of ["arm64", "s390x"]) {
      const { stdout, stderr } = await pullFor(`linux/${architecture}`);
      expect(stderr).toBe("");
      const config = blobPath(host.storeOf(alice, "images"), stdout.trim());
      expect(JSON.parse(readFileSync(config, "utf8"))).toMatchObject({ architecture });
    }
    expect(await pullFor("linux/riscv64")).toMatchObject({ exitCode: 1, stdout: "" });
    expect(await pullFor("arm64")).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining('"arm64" is not a platform'),
    });
    const single = await host.asUser(alice, [...trusting, "pull", "-q", "--platform=linux/arm64", layered]);
    expect(single).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is for linux/") });
  });

  test("is fetched again where a blob in the store has become damaged", async () => {
    const { alice } = host.users;
    const name = join("/home", alice.name, "damaged");
    const seen = host.homeOf(alice, "damaged");
    expect(await pull(alice, layered, name)).toMatchObject({ exitCode: 0 });
    const [blob] = list(join(seen, "images/blobs/sha256"))
      .map((hex) => join(seen, "images/blobs/sha256", hex))
      .sort((a, b) => statSync(b).size - statSync(a).size);
    if (!blob) throw new Error("no blob");
    const size = statSync(blob).size;
    writeFileSync(blob, Buffer.alloc(size, "x"));
    expect(await pull(alice, layered, name)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(readFileSync(blob).equals(Buffer.alloc(size, "x"))).toBe(false);
    rmSync(blob);
    expect(await pull(alice, layered, name)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(statSync(blob).size).toBe(size);
  });

  test.each([
    ["was cut off", (blob: string) => writeFileSync(blob, readFileSync(blob).subarray(0, -20))],
    ["has other contents", (blob: string) => writeFileSync(blob, Buffer.alloc(statSync(blob).size, "x"))],
    ["is missing", (blob: string) => rmSync(blob)],
  ] as const)("is nothing when a blob of its source %s (B8)", async (what, damage) => {
    const { alice } = host.users;
    const source = join(host.directory, `source-${what.replaceAll(" ", "-")}`);
    const image = makeImage(source, [archive(file("f", what.repeat(1000)), endMark)]);
    const [layer] = readManifest(source).layers;
    if (!layer) throw new Error("no layer");
    damage(blobPath(source, layer.digest));
    const result = await pull(alice, imageReference(image));
    expect(result).toMatchObject({ exitCode: 1, stdout: "" });
    expect(result.stderr).toMatch(/^cntnr: .*(damaged|digest|its blob sha256:[a-f0-9]{64} is missing)/);
    expect(list(host.storeOf(alice, "tmp"))).toEqual([]);
  });

  test.each([
    [
      "its configuration names other contents (diff id)",
      { diff_ids: [`sha256:${"0".repeat(64)}`] },
      /diff id/,
    ],
    ["its configuration names more layers", { diff_ids: [] }, /has 1 layers, but its configuration names 0/],
  ])("is nothing when %s (B8)", async (what, rootfs, reason) => {
    const { alice } = host.users;
    const source = join(host.directory, `config-${what.length}`);
    const image = makeImage(
      source,
      [archive(file("f", what), endMark)],
      {},
      { rootfs: { type: "layers", ...rootfs } },
    );
    const result = await pull(alice, imageReference(image));
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(reason) });
  });

  test("is nothing when it is for another system", async () => {
    const { alice } = host.users;
    const image = makeImage(
      join(host.directory, "windows"),
      [archive(file("f", "x"), endMark)],
      {},
      { os: "windows" },
    );
    const result = await pull(alice, imageReference(image));
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("is for windows, not for Linux"),
    });
  });
});
