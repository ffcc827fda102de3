import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { TreeWorkers } from "../../../runtime/build/tree/tree-workers.ts";
import { messageOf } from "../../../runtime/errors/cntnr-error.ts";
import { addImage, readImageDocuments } from "../../../runtime/image/add-image.ts";
import {
  type CommitOptions,
  commitDirectory,
  type NewLayer,
  packUpper,
} from "../../../runtime/image/commit-layer.ts";
import { blobPath, hexOf } from "../../../runtime/image/digest.ts";
import { findImage } from "../../../runtime/image/find-image.ts";
import { LayerDeposit } from "../../../runtime/image/layer-deposit.ts";
import type { LocalImage } from "../../../runtime/image/local-image.ts";
import { pullImage } from "../../../runtime/image/pull-image.ts";
import { unpackLayers } from "../../../runtime/layer/unpack-layers.ts";
import { newUpperTree, type UpperTree } from "../../../runtime/layer/upper-tree.ts";
import { layerLinkPath, layerName, readLayer } from "../../../runtime/store/layers.ts";
import { newKey, type TemporaryKey } from "../../../runtime/store/temporary.ts";
import { loadIdMappings } from "../../../runtime/userns/load-id-mappings.ts";
import { imageReference, layeredImage } from "../../fixtures/images.ts";
import { ScratchStore } from "../../fixtures/scratch-store.ts";
import { describeTree } from "../../fixtures/tree.ts";
import { runChecked } from "../../fixtures/users.ts";

const mappings = loadIdMappings();
let store: ScratchStore;
let base: LocalImage;
let key: TemporaryKey;
let workers: TreeWorkers;
let deposit: LayerDeposit;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  store = stack.use(new ScratchStore());
  base = await pull(store);
  key = stack.use(await newKey(store.directories, "build"));
  const { directories } = store;
  const options = { directories, mappings, key, signal: new AbortController().signal };
  workers = stack.use(new TreeWorkers(options));
  deposit = new LayerDeposit(store.directories, options);
});
afterAll(() => stack.disposeAsync());

async function pull(into: ScratchStore): Promise<LocalImage> {
  const image = await layeredImage();
  return pullImage(into.directories, imageReference(image), { imagePolicy: "insecure" });
}

/** Runs a script in an overlay of the base image, its changes going to `upper`. */
async function change(upper: UpperTree, script: string): Promise<void> {
  const merged = store.path("merged");
  mkdirSync(merged, { recursive: true });
  const options = [
    `lowerdir=${base.layers.toReversed().join(":")}`,
    `upperdir=${upper.path}`,
    `workdir=${upper.work}`,
    "userxattr",
  ].join();
  const mounted = `set -e; mount -t overlay -o ${options} overlay ${merged}; cd ${merged}; ${script}`;
  await runChecked(["unshare", "--mount", "sh", "-c", mounted]);
}

async function commit(script: string, options: Partial<CommitOptions> = {}): Promise<NewLayer> {
  await using upper = await newUpperTree(key, mappings, base.layers);
  await change(upper, script);
  return await commitUpper(upper, options);
}

/** Makes a layer of an upper tree as a build does. */
async function commitUpper(upper: UpperTree, options: Partial<CommitOptions> = {}): Promise<NewLayer> {
  const packed = await packUpper(upper, { mappings, lowers: base.layers, ...options }, workers.pack);
  await deposit.place(upper, packed);
  await deposit.settle();
  return packed.layer;
}

function names(layer: NewLayer): Promise<string[]> {
  return list(layer, "-t");
}

async function list(layer: NewLayer, ...how: readonly string[]): Promise<string[]> {
  const blob = blobPath(store.directories, layer.descriptor.digest);
  const result = await runChecked(["tar", ...how, "-f", blob]);
  return result.stdout.split("\n").filter((line) => line !== "");
}

/** Everything of each kind that a layer can have. */
const everything = `
  rm data/keep; rm -rf opaque; mkdir -p opaque new/deep; echo x >opaque/only
  echo hello >new/file; chmod 4751 new/file; chown 1000:50 new/file; ln new/file new/deep/hard
  mkdir -m 1777 new/sticky; mkfifo new/pipe; ln -s ../nowhere new/link; ln new/link new/hardlink-to-link
  echo cap >new/cap; setcap cap_net_raw+ep new/cap; setfattr -n user.note -v text new/cap; setfattr -n user.d -v 1 new/deep
  printf '\\0\\377\\n' >"$(printf 'new/caf\\351')"
  long=new/$(printf 'n%.0s' $(seq 120)); mkdir $long; echo long >$long/$(printf 'm%.0s' $(seq 200))
  truncate -s 5M new/sparse; echo tail >>new/sparse; truncate -s 3M new/hole; chown 65535:65535 new/hole
  touch -d '2001-02-03 04:05:06.789' new/old; touch -d 1960-01-01 new/older; mkdir dir-replaced; rm -f replaced; mkdir replaced
  chmod 700 data`;

test("a layer that waited when the disk refused another is nobody's, and can be made again", async () => {
  const options = { mappings, key, signal: new AbortController().signal };
  const failing = new LayerDeposit(store.directories, options);
  const put = async (into: LayerDeposit, script: string) => {
    await using upper = await newUpperTree(key, mappings, base.layers);
    await change(upper, script);
    const packed = await packUpper(upper, { mappings, lowers: base.layers }, workers.pack);
    await into.place(upper, packed);
  };
  failing.afterwards(() => {
    throw new Error("the disk is full");
  });
  await put(failing, "touch first");
  // The first are written now, and fail; the second come too late for them.
  const failed = failing.settle().catch(messageOf);
  await put(failing, "touch second");
  expect([await failed, await failing.settle().catch(messageOf)]).toEqual(Array(2).fill("the disk is full"));
  const again = new LayerDeposit(store.directories, { ...options, signal: AbortSignal.timeout(100_000) });
  await put(again, "touch second");
  await again.settle();
});

describe("a layer made of an overlay's upper directory", () => {
  test("has what was changed and nothing else, in the order of its bytes", async () => {
    const layer = await commit(
      "rm data/keep; echo new >www/index.html; rm -rf opaque; mkdir opaque; mkdir fresh",
    );
    expect(await names(layer)).toEqual([
      "data/",
      "data/.wh.keep",
      "fresh/",
      "opaque/",
      "opaque/.wh..wh..opq",
      "www/",
      "www/index.html",
    ]);
    expect(layer.entries).toBe(7);
  });

  test("is empty when nothing was changed", async () => {
    expect(await commit("true")).toMatchObject({ entries: 0, contentBytes: 0, remarks: [] });
  });

  test("is read by GNU tar as it was written", async () => {
    await using upper = await newUpperTree(key, mappings, base.layers);
    await change(upper, everything);
    const before = describeTree(upper.path, { ignoreAttributes: /^user\.overlay\./ });
    const { descriptor } = await commitDirectory(store.directories, upper.path, {
      mappings,
      lowers: base.layers,
    });
    const extracted = store.path("gnu");
    mkdirSync(extracted);
    const blob = blobPath(store.directories, descriptor.digest);
    await runChecked([
      "tar",
      "--xattrs",
      "--xattrs-include=*",
      "--numeric-owner",
      "-C",
      extracted,
      "-xpzf",
      blob,
    ]);
    const isOf = (line: string) => line.startsWith("new/") || line.startsWith("data ");
    const after = describeTree(extracted);
    expect(after.filter(isOf)).toEqual(before.filter(isOf));
    expect(after.flatMap((line) => /^\S*\.wh\.\S*/.exec(line) ?? [])).toEqual([
      "data/.wh.keep",
      "opaque/.wh..wh..opq",
    ]);
  });

  test("leaves the tree as unpacking the layer would make it", async () => {
    const layer = await commit(everything);
    const name = layerName(layer.diffId.slice("sha256:".length), mappings);
    const adopted = readLayer(store.directories, name);
    await using other = new ScratchStore();
    await pull(other);
    const blobs = [
      {
        path: blobPath(store.directories, layer.descriptor.digest),
        sha256: hexOf(layer.descriptor.digest),
        sizeBytes: layer.descriptor.size,
        diffSha256: layer.diffId.slice("sha256:".length),
      },
    ];
    const { records } = await unpackLayers(other.directories, blobs, { mappings });
    const unpacked = records[0];
    if (!adopted || !unpacked) throw new Error("a layer is missing");
    expect(adopted).toEqual({ ...unpacked, link: adopted.link });
    const treeOf = (of: ScratchStore, link: string) => {
      const lines = describeTree(`${layerLinkPath(of.directories, link)}/`);
      // A root without an entry is as old as its making.
      return lines.slice(1);
    };
    expect(treeOf(store, adopted.link)).toEqual(treeOf(other, unpacked.link));
  });

  test("is the same, byte for byte, when the same is done again with SOURCE_DATE_EPOCH", async () => {
    const latestSeconds = 1_000_000_000;
    const first = await commit(everything, { latestSeconds });
    const second = await commit(everything, { latestSeconds });
    expect(second).toEqual(first);
    const times = await list(first, "--utc", "--full-time", "-tv");
    expect(times.find((line) => line.includes("new/cap"))).toContain("2001-09-09 01:46:40");
    expect(times.find((line) => line.includes("new/old"))).toContain("2001-02-03 04:05:06");
  });

  test.each(["gzip", "zstd", "none"] as const)(
    "can be packed with %s, and is the same within",
    async (compression) => {
      const script = "seq 300000 >numbers";
      const latestSeconds = 0;
      const layer = await commit(script, { compression, latestSeconds });
      const gzip = await commit(script, { latestSeconds });
      expect(layer.diffId).toBe(gzip.diffId);
      expect(await names(layer)).toEqual(["numbers"]);
    },
  );

  test("does not have what is there only to mount on", async () => {
    const mountPoints = ["/etc/hosts", "/run/secrets/deep/token", "/data/keep", "/new/mount", "www/"];
    const layer = await commit(
      "touch etc/hosts; mkdir -p run/secrets/deep; touch run/secrets/deep/token; mkdir -p new/mount; echo x >new/file; touch www",
      { mountPoints },
    );
    expect(await names(layer)).toEqual(["new/", "new/file"]);
  });

  test("keeps what was written where something is mounted", async () => {
    const layer = await commit("echo 127.0.0.1 me >etc/hosts", { mountPoints: ["/etc/hosts"] });
    expect(await names(layer)).toEqual(["etc/", "etc/hosts"]);
  });

  test("has its root where that was changed", async () => {
    const layer = await commit("chmod 711 .");
    expect(await names(layer)).toEqual(["./"]);
  });

  test("refuses names that mean something else in a layer", async () => {
    const failure = await commit("touch .wh.data").then(() => undefined, String);
    expect(failure).toContain("names that begin with .wh.");
  });

  test("refuses a tree whose contents are somewhere else", async () => {
    await using upper = await newUpperTree(key, mappings, base.layers);
    await change(upper, "mkdir moved");
    await runChecked(["setfattr", "-n", "user.overlay.redirect", "-v", "data", `${upper.path}/moved`]);
    const committing = commitUpper(upper);
    expect(await committing.then(() => undefined, String)).toContain("redirect");
  });

  test("tells of sockets that it cannot have", async () => {
    await using upper = await newUpperTree(key, mappings, base.layers);
    const listener = Bun.listen({ unix: `${upper.path}/socket`, socket: { data: () => undefined } });
    const layer = await commitUpper(upper);
    listener.stop(true);
    expect(layer).toMatchObject({ entries: 0, remarks: ["1 sockets are not part of the layer"] });
  });
});

describe("an image with new layers", () => {
  const configure = (author: string) => (config: object) => ({
    ...config,
    architecture: "amd64",
    os: "linux",
    author,
    created: "2020-01-01T00:00:00Z",
    rootfs: { type: "layers" as const, diff_ids: [] },
  });

  test("is what umoci unpacks: the base with all that was changed", async () => {
    await using upper = await newUpperTree(key, mappings, base.layers);
    await change(upper, everything);
    const layer = await commitUpper(upper);
    const manifest = findImage(store.directories, base.name)?.manifest;
    if (!manifest) throw new Error("the base is missing");
    const image = await addImage(
      store.directories,
      {
        base: manifest,
        steps: [{ history: { created_by: "RUN everything" }, layer }, { history: { created_by: "CMD x" } }],
        configure: configure("me"),
      },
      ["localhost/changed:latest"],
    );
    expect(image.layers).toHaveLength(base.layers.length + 1);
    const bundle = store.path("umoci");
    const source = `${store.directories.images}:localhost/changed:latest`;
    await runChecked(["umoci", "unpack", "--image", source, bundle]);
    const merged = store.path("view");
    mkdirSync(merged);
    const copy = store.path("copy");
    const lowerdir = image.layers.toReversed().join(":");
    await runChecked([
      "unshare",
      "--mount",
      "sh",
      "-c",
      `mount -t overlay -o lowerdir=${lowerdir},userxattr overlay ${merged} && cp -a ${merged} ${copy}`,
    ]);
    // umoci 0.4.7 gives implied directories and those with whiteouts the time of unpacking.
    const seen = (root: string) =>
      describeTree(root, { ignoreTimes: true, ignoreAttributes: /^user\.overlay\./ });
    expect(seen(copy)).toEqual(seen(`${bundle}/rootfs`));
  });

  test("has the history and settings of its base and its own", async () => {
    const manifest = findImage(store.directories, base.name)?.manifest;
    if (!manifest) throw new Error("the base is missing");
    const layer = await commit("echo 1 >one");
    await addImage(
      store.directories,
      {
        base: manifest,
        steps: [{ history: { created_by: "one" }, layer }, { history: { created_by: "ENV" } }],
        configure: configure("someone"),
      },
      ["localhost/a:1", "localhost/b:2"],
    );
    const added = findImage(store.directories, "localhost/b:2");
    if (!added) throw new Error("the image is missing");
    expect(findImage(store.directories, "localhost/a:1")?.manifest.digest).toBe(added.manifest.digest);
    const { config, manifest: written } = readImageDocuments(store.directories, added.manifest);
    expect(config).toMatchObject({ author: "someone", created: "2020-01-01T00:00:00Z" });
    expect(config.rootfs.diff_ids.at(-1)).toBe(layer.diffId);
    expect(written.layers.at(-1)).toEqual(layer.descriptor);
    expect(config.history?.filter((entry) => entry.empty_layer !== true)).toHaveLength(written.layers.length);
    expect(config.history?.at(-1)).toEqual({ created_by: "ENV", empty_layer: true });
    expect(config.config?.Env).toEqual(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]);
  });

  test("can be made of nothing but a directory", async () => {
    const directory = store.path("tree");
    await runChecked(["sh", "-c", `mkdir ${directory}; echo hi >${directory}/hi; chown 7:7 ${directory}/hi`]);
    const layer = await commitDirectory(store.directories, directory, {
      mappings,
      lowers: [],
      owner: { uid: 0, gid: 5 },
      latestSeconds: 0,
    });
    const image = await addImage(
      store.directories,
      { steps: [{ history: {}, layer }], configure: (config) => ({ ...config, config: { Cmd: ["/hi"] } }) },
      [],
    );
    expect(image.config.cmd).toEqual(["/hi"]);
    expect(describeTree(`${image.layers[0]}/`)[1]).toMatch(/^hi 100644 0:5 3 0 /);
    expect(findImage(store.directories, image.id)?.name).toBe("");
  });

  test("is nothing before it has a name: killed half-way, only garbage is left", async () => {
    const index = readFileSync(`${store.directories.images}/index.json`, "utf8");
    await commit("echo unnamed >unnamed");
    expect(readFileSync(`${store.directories.images}/index.json`, "utf8")).toBe(index);
    rmSync(store.path("merged"), { recursive: true, force: true });
  });
});
