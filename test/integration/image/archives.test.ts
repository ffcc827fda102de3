import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imageReference, layeredImage } from "../../fixtures/images.ts";
import { archive, endMark, file } from "../../fixtures/tar-archive.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { UserStore } from "../../fixtures/user-store.ts";
import { checked, type TestUser } from "../../fixtures/users.ts";

/*
 * The commands of the store, as alice types them; carol (no sub-ids) where it makes a difference. Each test has a store of its own.
 */

let host: TestHost;
let alice: TestUser;

beforeAll(async () => {
  host = await TestHost.start();
  alice = host.users.alice;
});
afterAll(() => host[Symbol.asyncDispose]());

describe("archives", () => {
  test("that are saved are loaded again as they were, several images at once, through pipes, too", async () => {
    const store = await UserStore.with(host, "busybox", "layered");
    await store.out("tag", "busybox", "app:1");
    const inspected = await store.out("image", "inspect", "app:1", "layered");
    await store.out("save", "-o", join(alice.home, "all.tar"), "app:1", "layered");
    for (const words of [
      ["load", "-q", "-i", join(alice.home, "all.tar")],
      ["load", "-q"],
    ]) {
      const other = new UserStore(host);
      const options = words.length === 2 ? { input: readFileSync(host.homeOf(alice, "all.tar")) } : {};
      const loaded = checked(words, await other.run(words, options));
      expect(loaded.stdout).toBe("Loaded image: app:1\nLoaded image: localhost/layered:latest\n");
      const seen = await other.out("image", "inspect", "app:1", "layered");
      // Where layers are is each store's own.
      const comparable = (text: string) =>
        JSON.parse(text).map((image: object) => ({
          ...image,
          RepoTags: [],
          RepoDigests: [],
          GraphDriver: {},
        }));
      expect(comparable(seen)).toEqual(comparable(inspected));
    }
  });

  test("are the same bytes twice, and are what skopeo takes for a docker-archive and an OCI archive", async () => {
    const store = await UserStore.with(host, "layered");
    const out = join(alice.home, "one.tar");
    await store.out("save", "-o", out, "layered");
    const first = readFileSync(host.homeOf(alice, "one.tar"));
    await store.out("save", "-o", out, "layered");
    expect(readFileSync(host.homeOf(alice, "one.tar")).equals(first)).toBe(true);
    const [details] = JSON.parse(await store.out("image", "inspect", "layered"));
    for (const transport of ["docker-archive", "oci-archive"]) {
      const argv = ["skopeo", "inspect", "--config", `${transport}:${out}`];
      const { stdout } = checked(argv, await host.asUser(alice, argv));
      expect(JSON.parse(stdout)).toMatchObject({
        config: { Cmd: ["sh"] },
        rootfs: { diff_ids: details.RootFS.Layers },
      });
    }
    const argv = ["skopeo", "inspect", `oci-archive:${out}`];
    expect(JSON.parse(checked(argv, await host.asUser(alice, argv)).stdout).Digest).toBe(
      details.Descriptor.digest,
    );
  });

  test("of skopeo are loaded, whichever of the two kinds", async () => {
    const source = imageReference(await layeredImage());
    for (const kind of ["docker-archive", "oci-archive"]) {
      const out = join(alice.home, `${kind}.tar`);
      const argv = ["skopeo", "--insecure-policy", "copy", "-q", source, `${kind}:${out}:example.org/app:1`];
      checked(argv, await host.asUser(alice, argv));
      const store = new UserStore(host);
      expect(await store.out("load", "-q", "-i", out)).toBe("Loaded image: example.org/app:1\n");
      expect(await store.lines("images", "-q", "example.org/app:1")).toHaveLength(1);
    }
  });

  test("that are none are refused", async () => {
    const store = new UserStore(host);
    writeFileSync(host.homeOf(alice, "not.tar"), "no archive");
    writeFileSync(host.homeOf(alice, "files.tar"), archive(file("etc/passwd", "x"), endMark));
    for (const [name, reason] of [
      ["not.tar", /not a tar archive|ends in the middle/],
      ["files.tar", /is no archive of images/],
      ["nothing.tar", /^cntnr: \/\S+\/nothing\.tar: no such file or directory\n$/],
    ] as const)
      expect(await store.run(["load", "-i", join(alice.home, name)])).toMatchObject({
        exitCode: 1,
        stdout: "",
        stderr: expect.stringMatching(reason),
      });
    expect(await store.lines("images", "-q")).toEqual([]);
  });

  test("that come through a pipe and are not whole are told of without a path that nobody knows", async () => {
    const store = await UserStore.with(host, "layered");
    await store.out("save", "-o", join(alice.home, "whole.tar"), "layered");
    const entries = readFileSync(host.homeOf(alice, "whole.tar"));
    const cut = `set -e; mkdir cut; cd cut; tar -xf ../whole.tar; rm blobs/sha256/$(ls -S blobs/sha256 | head -n1)
      tar -cf ../cut-docker.tar .; rm manifest.json; tar -cf ../cut-oci.tar .`;
    checked(["sh"], await host.asUser(alice, ["sh", "-c", cut]));
    const inputs = [
      [readFileSync(host.homeOf(alice, "cut-oci.tar")), "standard input is not whole: its blob sha256:"],
      [readFileSync(host.homeOf(alice, "cut-docker.tar")), "standard input"],
      [readFileSync(host.homeOf(alice, "files.tar")), "standard input is no archive of images"],
      [entries.subarray(0, entries.length / 2), "ends in the middle"],
    ] as const;
    for (const [input, reason] of inputs) {
      const { exitCode, stderr } = await new UserStore(host).run(["load", "-q"], { input });
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(reason) });
      expect(stderr).not.toMatch(/\/(?:tmp|stdin|home)\b/);
    }
  });

  test("are not saved to where there is nothing to write to, and are to a fifo or /dev/null", async () => {
    const store = await UserStore.with(host, "layered");
    const refusals = [
      [
        "nowhere/x.tar",
        `cannot write ${alice.home}/nowhere/x.tar: there is no directory ${alice.home}/nowhere`,
      ],
      ["", `cannot write ${alice.home}/: it is a directory`],
      ["../x.tar", `cannot write ${alice.home}/../x.tar: permission denied`],
    ] as const;
    for (const [path, reason] of refusals)
      expect(await store.run(["save", "-o", `${alice.home}/${path}`, "layered"])).toEqual({
        exitCode: 1,
        stdout: "",
        stderr: `cntnr: ${reason}\n`,
      });
    await store.out("save", "-o", "/dev/null", "layered");
    const fifo = join(alice.home, "fifo");
    checked(["mkfifo"], await host.asUser(alice, ["mkfifo", fifo]));
    // All of it: tar(1) leaves what comes after the mark of the end to nobody.
    const listing = host.asUser(alice, ["sh", "-c", 'cat "$0" >"$0.tar" && tar -tf "$0.tar"', fifo]);
    await store.out("save", "-o", fifo, "layered");
    expect((await listing).stdout).toContain("index.json");
  });
});

describe("a root file system", () => {
  test("is imported from an archive, packed or not, from a directory and through a pipe", async () => {
    for (const user of [alice, host.users.carol]) {
      const script = `set -e; mkdir -p root/bin; echo data >root/file; chmod 4750 root/file; ln root/file root/hard
        for how in none gzip xz bzip2 zstd; do
          case $how in none) tar -C root -cf root.tar . ;; *) tar -C root -c . | $how -c >root.tar.$how ;; esac
        done; rm -rf empty; mkdir empty`;
      checked(["sh"], await host.asUser(user, ["sh", "-c", script]));
      const store = new UserStore(host, user);
      const sources = [
        "root",
        "root.tar",
        ...["gzip", "xz", "bzip2", "zstd"].map((how) => `root.tar.${how}`),
      ];
      for (const [number, source] of sources.entries()) {
        const id = await store.out("import", join(user.home, source), `imported:${number}`);
        expect(id).toMatch(/^sha256:[a-f0-9]{64}\n$/);
      }
      const tar = readFileSync(host.homeOf(user, "root.tar"));
      checked(["import"], await store.run(["import", "-", "imported:stdin"], { input: tar }));
      const run = ["image", "inspect", "-f", "{{index .RootFS.Layers 0}}"];
      const diffIds = new Set<string>();
      for (const number of [1, 2, 3, 4, 5, "stdin"])
        diffIds.add(await store.out(...run, `imported:${number}`));
      expect(diffIds.size).toBe(1);
      expect(await store.lines("images", "-q", "imported")).toHaveLength(7);
      expect(await store.out("image", "verify")).toContain("all as they should be");
    }
  });

  test("gets the settings that --change says, each instruction of docker's", async () => {
    const store = new UserStore(host);
    writeFileSync(host.homeOf(alice, "files.tar"), archive(file("f", "x"), endMark));
    const changes = [
      'CMD ["a", "b c"]',
      "ENTRYPOINT /bin/e $X",
      "ENV A=1 B=$A",
      "EXPOSE 80 53/udp",
      "HEALTHCHECK --interval=5s --retries=2 CMD true",
      'LABEL "x y"=z',
      "ONBUILD RUN true",
      "STOPSIGNAL SIGQUIT",
      "USER 7:8",
      "VOLUME /v",
      "WORKDIR /w",
    ];
    const flags = changes.flatMap((change) => ["-c", change]);
    await store.out("import", ...flags, "-m", "of a file", join(alice.home, "files.tar"), "changed");
    const [image] = JSON.parse(await store.out("image", "inspect", "changed"));
    expect(image).toMatchObject({
      Comment: "of a file",
      Config: {
        Cmd: ["a", "b c"],
        Entrypoint: ["/bin/sh", "-c", "/bin/e $X"],
        Env: ["A=1", "B="],
        ExposedPorts: { "80/tcp": {}, "53/udp": {} },
        Healthcheck: { Test: ["CMD-SHELL", "true"], Interval: 5e9, Retries: 2 },
        Labels: { "x y": "z" },
        OnBuild: ["RUN true"],
        StopSignal: "SIGQUIT",
        User: "7:8",
        Volumes: { "/v": {} },
        WorkingDir: "/w",
      },
    });
    for (const change of ["RUN true", "COPY a b", "FROM x", "ARG x", 'SHELL ["x"]'])
      expect(await store.run(["import", "-c", change, join(alice.home, "files.tar")])).toMatchObject({
        exitCode: 125,
        stderr: expect.stringContaining("is no change of settings"),
      });
  });

  test("is refused when it is no archive, or one that was made to do harm", async () => {
    const store = new UserStore(host);
    writeFileSync(host.homeOf(alice, "hostile.tar"), archive(file("../x", "x"), endMark));
    writeFileSync(host.homeOf(alice, "empty.tar"), endMark);
    writeFileSync(host.homeOf(alice, "text"), "text ".repeat(1000));
    for (const [name, reason] of [
      ["hostile.tar", /a name with "\.\."/],
      ["empty.tar", /is an empty archive/],
      ["text", /not a tar archive/],
      ["nothing", /nothing cannot be read: no such file or directory\n$/],
    ] as const)
      expect(await store.run(["import", join(alice.home, name)])).toMatchObject({
        exitCode: 1,
        stdout: "",
        stderr: expect.stringMatching(reason),
      });
    expect(await store.lines("images", "-q")).toEqual([]);
  });
});
