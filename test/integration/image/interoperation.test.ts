import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { preparePodman } from "../../bench/podman.ts";
import { imageReference, layeredImage } from "../../fixtures/images.ts";
import type { Registry } from "../../fixtures/registry.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { checked, type TestUser } from "../../fixtures/users.ts";

/*
 * Images go to and fro between cntnr and the programs that people have beside it, as the same ordinary user.
 */

let host: TestHost;
let registry: Registry;
let alice: TestUser;

beforeAll(async () => {
  host = await TestHost.start();
  registry = await host.startRegistry();
  alice = host.users.alice;
  await preparePodman(host, alice);
  await out("cntnr", "image", "pull", "-q", await registry.push(await layeredImage(), "layered:1"));
});
afterAll(() => host[Symbol.asyncDispose]());

async function out(...argv: string[]): Promise<string> {
  return checked(argv, await host.asUser(alice, argv, { timeoutMs: 120_000 })).stdout;
}

/** Changes of every kind, and what is then seen of them: a line a fact, the same whoever runs it. */
const change = `rm /data/keep && rm -r /opaque && mkdir /opaque && echo 2 >/opaque/two && ln /replaced /again
  chown 5:60 /replaced && chmod 4711 /replaced && mkfifo /pipe && ln -s again /symbolic && mkdir -m 1777 /sticky`;
const look = `find / -xdev -path /proc -prune -o -path /sys -prune -o -path /dev -prune -o -path /etc -prune -o -path /run -prune \
  -o ! -type l -print | sort | while read -r path; do stat -c '%n %F %a %u:%g' "$path"; done | grep -v '^/ '
  cat /opaque/two /again; readlink /symbolic; test ! -e /data/keep`;

describe("an image of cntnr's", () => {
  test("runs under podman as it does here: files, modes, owners and settings", async () => {
    await out("cntnr", "run", "--name", "changed", `${registry.address}/layered:1`, "sh", "-c", change);
    const name = `${registry.address}/changed:1`;
    await out("cntnr", "commit", "-c", "ENV COLOUR=green", "-c", 'ENTRYPOINT ["sh", "-c"]', "changed", name);
    await out("cntnr", "push", "-q", name);
    for (const script of [look, "echo $COLOUR"])
      expect(await out("podman", "run", "--rm", "--network", "none", name, script)).toBe(
        await out("cntnr", "run", "--rm", "--network", "none", name, script),
      );
  });

  test("is loaded by podman from an archive", async () => {
    await out("cntnr", "tag", `${registry.address}/layered:1`, "example.org/saved:1");
    await out("cntnr", "save", "-o", join(alice.home, "saved.tar"), "example.org/saved:1");
    await out("podman", "load", "--quiet", "-i", join(alice.home, "saved.tar"));
    const run = ["run", "--rm", "--network", "none", "example.org/saved:1", "cat", "/data/keep"];
    expect(await out("podman", ...run)).toBe("kept");
  });

  test("is loaded by podman from an archive of several, with or without a name, and the other way round", async () => {
    const ids: string[] = [];
    for (const word of ["one", "two", "three"]) {
      const file = join(alice.home, `${word}.tar`);
      await out("sh", "-c", `mkdir ${word} && echo ${word} >${word}/file && tar -C ${word} -cf ${file} .`);
      ids.push(
        (await out("cntnr", "import", file, ...(word === "three" ? ["example.org/three:1"] : []))).trim(),
      );
    }
    const all = join(alice.home, "several.tar");
    await out("cntnr", "save", "-o", all, ...ids);
    await out("podman", "load", "--quiet", "-i", all);
    const there = (await out("podman", "images", "--all", "--quiet", "--no-trunc")).split("\n");
    for (const id of ids) expect(there).toContain(id);
    const back = join(alice.home, "back.tar");
    const named = [...ids.slice(0, 2).map((id) => id.slice(7)), "example.org/three:1"];
    await out("podman", "tag", ids[2]?.slice(7) ?? "", "example.org/three:1");
    await out("podman", "save", "--quiet", "--multi-image-archive", "-o", back, ...named);
    const store = ["--store-dir", join(alice.home, "other-store"), "--image-policy", "insecure"];
    const loaded = (await out("cntnr", ...store, "load", "-q", "-i", back)).trim().split("\n").sort();
    expect(loaded).toEqual([
      expect.stringMatching(/^Loaded image ID: sha256:/),
      expect.stringMatching(/^Loaded image ID: sha256:/),
      "Loaded image: example.org/three:1",
    ]);
    // podman's archives have configurations of docker's kind, so that ids are others; the files are the same.
    const filesOf = async (images: readonly string[], ...flags: string[]) =>
      (await out("cntnr", ...flags, "image", "inspect", "-f", "{{index .RootFS.Layers 0}}", ...images))
        .split("\n")
        .sort();
    const loadedImages = loaded.map((line) => line.replace(/^Loaded image(?: ID)?: /, ""));
    expect(await filesOf(loadedImages, ...store)).toEqual(await filesOf(ids));
  });

  test("is valid to the OCI's own tool: the store, exported, saved and built, archives once they are unpacked", async () => {
    const name = `${registry.address}/layered:1`;
    const at = (file: string) => join(alice.home, file);
    await out("sh", "-c", `mkdir -p ${at("context")} && echo FROM ${name} >${at("context")}/Dockerfile`);
    await out("cntnr", "image", "export", name, `oci:${at("exported")}:1`);
    await out("cntnr", "image", "export", name, `oci-archive:${at("exported.tar")}:1`);
    await out("cntnr", "save", "--format", "oci-archive", "-o", at("oci.tar"), name);
    await out("cntnr", "save", "-o", at("docker.tar"), name);
    await out("cntnr", "build", "-q", "-o", `type=oci,dest=${at("built.tar")}`, at("context"));
    const archives = ["exported.tar", "oci.tar", "docker.tar", "built.tar"];
    for (const file of archives)
      await out("sh", "-c", `mkdir ${at(file)}.d && tar -C ${at(file)}.d -xf ${at(file)}`);
    const layouts = [
      at("exported"),
      at(".local/share/cntnr/images"),
      ...archives.map((file) => `${at(file)}.d`),
    ];
    const validate = (type: string, path: string) =>
      host.asUser(alice, ["sh", "-c", `oci-image-tool validate --type ${type} ${path} 2>&1`]);
    const succeeded = { exitCode: 0, stdout: expect.stringContaining("Validation succeeded") };
    for (const layout of layouts) {
      expect(await validate("image", layout)).toMatchObject(succeeded);
      expect(await validate("imageIndex", `${layout}/index.json`)).toMatchObject(succeeded);
      const blob = (digest: string) => `${layout}/blobs/sha256/${digest.slice(7)}`;
      const index = JSON.parse(await out("cat", `${layout}/index.json`));
      for (const { digest } of index.manifests) {
        expect(await validate("manifest", blob(digest))).toMatchObject(succeeded);
        const manifest = JSON.parse(await out("cat", blob(digest)));
        expect(await validate("config", blob(manifest.config.digest))).toMatchObject(succeeded);
      }
    }
    // It reads no tar at all, whoever wrote it: this release stops at the file that it looks for, and takes that for a failure.
    const skopeo = ["skopeo", "--insecure-policy", "copy", "-q"];
    await out(...skopeo, `oci:${at("exported")}:1`, `oci-archive:${at("skopeo.tar")}:1`);
    for (const file of ["skopeo.tar", ...archives])
      expect(await validate("image", at(file))).toMatchObject({
        exitCode: 1,
        stdout: expect.stringContaining("unable to walk: end of walk"),
      });
  });

  test("is changed by umoci, and runs here again", async () => {
    const layout = join(alice.home, "umoci");
    await out("cntnr", "image", "export", `${registry.address}/layered:1`, `oci:${layout}:1`);
    const script = `umoci unpack --rootless --image ${layout}:1 bundle && echo umoci >bundle/rootfs/by &&
      rm bundle/rootfs/replaced && umoci repack --image ${layout}:2 bundle`;
    await out("sh", "-c", script);
    const reference = `oci:${layout}:2`;
    expect(
      await out("cntnr", "run", "--rm", reference, "sh", "-c", "cat /by; ls /replaced 2>&1; true"),
    ).toMatch(/^umoci\nls: \/replaced: No such file/);
  });
});

describe("an image of buildah's", () => {
  test("runs here: layers, owners and settings", async () => {
    const script = `set -e
      c=$(buildah from ${registry.address}/layered:1)
      buildah run --network none $c -- sh -c '${change.replaceAll("\n", ";")}'
      buildah config --env COLOUR=blue --entrypoint '["sh", "-c"]' --cmd '"echo $COLOUR"' --workingdir /data $c
      buildah commit --quiet $c docker://${registry.address}/by-buildah:1`;
    await out("sh", "-c", script);
    const name = `${registry.address}/by-buildah:1`;
    expect(await out("cntnr", "run", "--rm", name)).toBe("blue\n");
    expect(await out("cntnr", "run", "--rm", name, look)).toBe(
      await out("podman", "run", "--rm", "--network", "none", name, look),
    );
  });
});

test("an image of docker's own kinds of manifest keeps its id, and all that docker's configurations have", async () => {
  const layers = join(alice.home, "docker-kind");
  const source = imageReference(await layeredImage());
  await out("skopeo", "--insecure-policy", "copy", "-q", source, `oci:${layers}:1`);
  const create = `c=$(buildah from oci:${layers}:1) &&
    buildah config --healthcheck 'CMD-SHELL true' --healthcheck-interval 5s --onbuild 'RUN true' --shell '/bin/sh -e -c' $c &&
    buildah commit --quiet --format docker $c`;
  const id = (await out("sh", "-c", create)).trim();
  const name = `${registry.address}/docker-format:1`;
  await out("buildah", "push", "--quiet", "--tls-verify=false", "--format", "v2s2", id, `docker://${name}`);
  await out("buildah", "push", "--quiet", "--format", "v2s2", id, `dir:${alice.home}/docker-dir`);
  await out(
    "buildah",
    "push",
    "--quiet",
    id,
    `docker-archive:${alice.home}/docker.archive:example.org/kind:1`,
  );
  const own = await out("skopeo", "inspect", "--raw", "--config", "--tls-verify=false", `docker://${name}`);
  for (const reference of [
    name,
    `dir:${alice.home}/docker-dir`,
    `docker-archive:${alice.home}/docker.archive`,
  ]) {
    await out("cntnr", "image", "pull", "-q", reference);
    const shown =
      reference === name ? name : reference.startsWith("dir") ? "docker-dir" : "example.org/kind:1";
    const [image] = JSON.parse(await out("cntnr", "image", "inspect", shown));
    expect(image.Id).toBe(`sha256:${new Bun.CryptoHasher("sha256").update(own).digest("hex")}`);
    expect(image.Config).toMatchObject({
      Healthcheck: { Test: ["CMD-SHELL", "true"], Interval: 5e9 },
      OnBuild: ["RUN true"],
      Shell: ["/bin/sh", "-e", "-c"],
    });
    expect(await out("cntnr", "run", "--rm", "--no-healthcheck", shown, "cat", "/data/keep")).toBe("kept");
  }
  expect(await out("cntnr", "image", "verify")).toContain("all as they should be");
  const layout = join(alice.home, "docker-exported");
  await out("cntnr", "image", "export", name, `oci:${layout}:1`);
  expect(await out("sh", "-c", `oci-image-tool validate --type image ${layout} 2>&1`)).toContain("succeeded");
});

test("an image of docker's oldest kind of manifest comes as one of the OCI's", async () => {
  const old = `dir:${join(alice.home, "docker-old")}`;
  const argv = ["skopeo", "--insecure-policy", "copy", "-q", "--format", "v2s1"];
  await out(...argv, imageReference(await layeredImage()), old);
  expect(await out("cntnr", "run", "--rm", old, "cat", "/data/keep")).toBe("kept");
});
