import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imageReference, layeredImage } from "../../fixtures/images.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { UserStore } from "../../fixtures/user-store.ts";
import { checked } from "../../fixtures/users.ts";

/*
 * Stores and image layouts that a bad disk, a crash or another program has damaged.
 */

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
});
afterAll(() => host[Symbol.asyncDispose]());

interface Parts {
  readonly store: UserStore;
  readonly manifest: string;
  readonly config: string;
  readonly layer: string;
}

async function whole(): Promise<Parts> {
  const store = await UserStore.with(host, "layered");
  const [image] = JSON.parse(await store.out("image", "inspect", "layered"));
  const manifest = image.Descriptor.digest.slice(7);
  const document = JSON.parse(readFileSync(store.path(`images/blobs/sha256/${manifest}`), "utf8"));
  return {
    store,
    manifest,
    config: document.config.digest.slice(7),
    layer: document.layers[1].digest.slice(7),
  };
}

const blob = ({ store }: Parts, hex: string) => store.path(`images/blobs/sha256/${hex}`);

/** Changes a document, and what refers to it, so that all digests are right. */
function rewrite(
  parts: Parts,
  change: (
    manifest: { layers: object[]; config: object },
    config: { rootfs: { diff_ids: string[] } },
  ) => void,
) {
  const manifest = JSON.parse(readFileSync(blob(parts, parts.manifest), "utf8"));
  const config = JSON.parse(readFileSync(blob(parts, parts.config), "utf8"));
  change(manifest, config);
  manifest.config = { ...manifest.config, ...put(parts, config) };
  const path = parts.store.path("images/index.json");
  const index = JSON.parse(readFileSync(path, "utf8"));
  Object.assign(index.manifests[0], put(parts, manifest));
  writeFileSync(path, JSON.stringify(index));
}

function put(parts: Parts, document: object): { digest: string; size: number } {
  const bytes = Buffer.from(JSON.stringify(document));
  const hex = createHash("sha256").update(bytes).digest("hex");
  writeFileSync(blob(parts, hex), bytes);
  return { digest: `sha256:${hex}`, size: bytes.length };
}

const damages: readonly (readonly [string, (parts: Parts) => void, RegExp])[] = [
  [
    "a manifest that is missing",
    (p) => rmSync(blob(p, p.manifest)),
    /layered.*blob sha256:MANIFEST is missing/,
  ],
  [
    "a configuration that is missing",
    (p) => rmSync(blob(p, p.config)),
    /layered.*blob sha256:CONFIG is missing/,
  ],
  ["a layer that is missing", (p) => rmSync(blob(p, p.layer)), /layered.*blob sha256:LAYER is missing/],
  [
    "a manifest that is cut off",
    (p) => truncateSync(blob(p, p.manifest), 20),
    /blob sha256:MANIFEST does not have/,
  ],
  [
    "a layer that is cut off",
    (p) => truncateSync(blob(p, p.layer), 20),
    /layered.*blob sha256:LAYER does not have the \d+ bytes/,
  ],
  ["a layer with a bit turned", turnBit, /blob sha256:LAYER does not have the contents/],
  ["a blob that is a link", makeLink, /blob sha256:CONFIG does not have/],
  ["a blob that is no blob", (p) => writeFileSync(blob(p, "stranger"), ""), /stranger is not a blob/],
  [
    "a layer that is another archive than its image says",
    swapDiffIds,
    /blob sha256:\w+ unpacks to sha256:\w+, and not to/,
  ],
  [
    "a layer too few",
    (p) => rewrite(p, ({ layers }) => layers.pop()),
    /2 layers, but its configuration names 3/,
  ],
  ["two images of one name", twice, /two images called/],
  ["an index that is no JSON", (p) => writeFileSync(p.store.path("images/index.json"), "{"), /index\.json/],
  ["an index that is no index", (p) => writeFileSync(p.store.path("images/index.json"), "[]"), /index\.json/],
  [
    "a layout of another version",
    (p) => writeFileSync(p.store.path("images/oci-layout"), '{"imageLayoutVersion":"2"}'),
    /oci-layout/,
  ],
  ["a layout without its mark", (p) => rmSync(p.store.path("images/oci-layout")), /oci-layout/],
  ["an unpacked layer without its link", (p) => rmSync(firstLink(p)), /is not where its link/],
  ["an unpacked layer whose link leads elsewhere", moveLink, /is not where its link/],
  [
    "an unpacked layer without its files",
    (p) => rmSync(join(firstLayer(p), "tree"), { recursive: true }),
    /is not where its link/,
  ],
  [
    "an unpacked layer whose record is damaged",
    (p) => writeFileSync(join(firstLayer(p), "layer.json"), "{}"),
    /layer\.json is damaged/,
  ],
  ["an unpacked layer without a record", (p) => rmSync(join(firstLayer(p), "layer.json")), /has no record/],
];

function turnBit(parts: Parts): void {
  const bytes = readFileSync(blob(parts, parts.layer));
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
  writeFileSync(blob(parts, parts.layer), bytes);
}

function makeLink(parts: Parts): void {
  rmSync(blob(parts, parts.config));
  symlinkSync(parts.manifest, blob(parts, parts.config));
}

function swapDiffIds(parts: Parts): void {
  rewrite(parts, (_, { rootfs }) => rootfs.diff_ids.reverse());
}

function twice({ store }: Parts): void {
  const path = store.path("images/index.json");
  const index = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...index, manifests: [...index.manifests, ...index.manifests] }));
}

function firstLayer({ store }: Parts): string {
  const names = readdirSync(store.path("layers")).filter((name) => !name.endsWith(".json"));
  return store.path(`layers/${names.sort()[0]}`);
}

function firstLink(parts: Parts): string {
  const { link } = JSON.parse(readFileSync(join(firstLayer(parts), "layer.json"), "utf8"));
  return parts.store.path(`l/${link}`);
}

function moveLink(parts: Parts): void {
  const link = firstLink(parts);
  rmSync(link);
  symlinkSync("/tmp", link);
}

describe("image verify finds", () => {
  for (const [what, damage, pattern] of damages)
    test(what, async () => {
      const parts = await whole();
      expect(await parts.store.out("image", "verify")).toContain("all as they should be");
      damage(parts);
      const result = await parts.store.run(["image", "verify"]);
      expect(result.exitCode).toBe(1);
      const hexes = { MANIFEST: parts.manifest, CONFIG: parts.config, LAYER: parts.layer };
      const source = pattern.source.replace(
        /MANIFEST|CONFIG|LAYER/,
        (word) => hexes[word as keyof typeof hexes],
      );
      expect(result.stderr).toMatch(new RegExp(source));
      expect(result.stdout).toMatch(/: \d+ problems\n$/);
    });
});

describe("image verify --unpacked", () => {
  const users = ["alice", "carol"] as const;
  /** What is done in the store's directory of unpacked layers, as root of the user's ids. */
  const changes: readonly (readonly [string, string, RegExp])[] = [
    [
      "other contents of the same age",
      't=$(stat -c %y $d/replaced); printf SECOND >$d/replaced; touch -d "$t" $d/replaced',
      /: replaced has other contents; remove/,
    ],
    ["another mode", "chmod 755 $d/hard-a", /: hard-[ab] has another mode, hard-[ab] has another mode;/],
    ["something new", "touch $d/new", /: new was added, the root directory has another time;/],
    ["something gone", "rm $d/link", /: link is missing,/],
    ["a link to elsewhere", "ln -sfn /etc $d/link", /: link leads to somewhere else,/],
    ["a deletion undone", "rm -f $d/data/gone", /: data\/gone is missing,/],
    ["an attribute", "setfattr -n user.x -v y $d/data", /: data has other attributes;/],
    [
      "a link that is a file of its own",
      "cp -p $d/hard-a $d/x; mv $d/x $d/hard-b",
      /: hard-[ab] has other names, the root/,
    ],
    [
      "more than there is room to tell",
      "touch $d/1 $d/2 $d/3",
      /, and 1 more; remove \S+, and it is unpacked/,
    ],
  ];
  for (const who of users)
    for (const [what, script, pattern] of changes)
      test(`finds ${what} (${who})`, async () => {
        const user = host.users[who];
        const store = new UserStore(host, user);
        await store.out("pull", "-q", imageReference(await layeredImage()));
        expect(await store.out("image", "verify", "--unpacked")).toMatch(
          /\(3 compared with their archives\): all as/,
        );
        const layers = join(user.home, store.name, "layers");
        const asRoot = async (command: string) => {
          const ids = who === "alice" ? ["--map-auto"] : [];
          const argv = ["unshare", "-U", "--map-root-user", ...ids, "sh", "-ec", command];
          checked(argv, await host.asUser(user, argv));
        };
        await asRoot(`for d in ${layers}/*/tree; do if test -e $d/hard-a; then ${script}; fi; done`);
        // That is not looked for unless it is asked for.
        expect(await store.out("image", "verify")).toContain("all as they should be");
        const result = await store.run(["image", "verify", "--unpacked"]);
        expect(result.exitCode).toBe(1);
        expect(result.stderr.replaceAll('"', "")).toMatch(pattern);
        const [, place = ""] = /remove (\S+), and/.exec(result.stderr) ?? [];
        await asRoot(`rm -r ${place}`);
        await store.run(["run", "--rm", "layered", "true"]);
        expect(await store.out("image", "verify", "--unpacked")).toMatch(/\(3 compared .*: all as/);
      });

  test("finds nothing in layers that were made here", async () => {
    for (const who of users) {
      const store = new UserStore(host, host.users[who]);
      const [reference, image] = [imageReference(await layeredImage()), "local/made"];
      const steps = [
        "mkdir -p /d/e && echo 1 >/d/e/f && ln /d/e/f /d/g && ln -s x /d/l",
        "rm -r /opaque && mkdir /opaque",
        "rm /data/keep; chmod 700 /www",
      ];
      const flags = steps.flatMap((step) => ["--run", step]);
      checked(
        ["create"],
        await store.run(["image", "create", "--from", reference, ...flags, "--tag", image]),
      );
      expect(await store.out("image", "verify", "--unpacked")).toMatch(/\(6 compared .*: all as/);
    }
  });
});

describe("an image layout", () => {
  const cases: readonly (readonly [string, "manifest" | "config" | "layer"])[] = [
    ["manifest", "manifest"],
    ["configuration", "config"],
    ["layer", "layer"],
  ];
  for (const [what, part] of cases)
    test(`without a ${what}, or with half of one, is refused by naming the blob`, async () => {
      const parts = await whole();
      const { alice } = host.users;
      const layout = join(alice.home, `layout-${part}`);
      await parts.store.out("image", "export", "layered", `oci:${layout}:1`);
      const file = `${layout}/blobs/sha256/${parts[part]}`;
      const shell = async (script: string) =>
        checked([script], await host.asUser(alice, ["sh", "-c", script]));
      await shell(`cp ${file} ${file}.whole && truncate -s 20 ${file}`);
      const pull = () => new UserStore(host).run(["pull", "-q", `oci:${layout}:1`]);
      const cut = await pull();
      expect(cut).toMatchObject({ exitCode: 1, stdout: "" });
      expect(cut.stderr).toContain(`sha256:${parts[part]}`);
      await shell(`rm ${file}`);
      const missing = await pull();
      expect(missing).toMatchObject({ exitCode: 1, stdout: "" });
      expect(missing.stderr).toContain(`is not whole: its blob sha256:${parts[part]} is missing`);
      await shell(`mv ${file}.whole ${file}`);
      expect(await pull()).toMatchObject({ exitCode: 0 });
    });
});

test("an image that lies about the size of a layer that others have takes it from nobody", async () => {
  const parts = await whole();
  const { alice } = host.users;
  const layout = join(alice.home, "liar");
  await parts.store.out("image", "export", "layered", `oci:${layout}:1`);
  const source = host.homeOf(alice, "liar");
  const manifest = JSON.parse(readFileSync(join(source, "blobs/sha256", parts.manifest), "utf8"));
  for (const layer of manifest.layers) {
    layer.size += 1;
    rmSync(join(source, "blobs", layer.digest.replace(":", "/")));
  }
  const bytes = Buffer.from(JSON.stringify(manifest));
  const hex = createHash("sha256").update(bytes).digest("hex");
  writeFileSync(join(source, "blobs/sha256", hex), bytes);
  const index = JSON.parse(readFileSync(join(source, "index.json"), "utf8"));
  Object.assign(index.manifests[0], { digest: `sha256:${hex}`, size: bytes.length });
  writeFileSync(join(source, "index.json"), JSON.stringify(index));
  const liar = await parts.store.run(["pull", "-q", `oci:${layout}:1`]);
  expect(liar).toMatchObject({ exitCode: 1, stdout: "" });
  expect(liar.stderr).toMatch(/^cntnr: .*does not have the \d+ bytes/);
  expect(await parts.store.out("image", "verify")).toContain("all as they should be");
});
