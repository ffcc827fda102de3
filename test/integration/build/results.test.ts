import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandResult } from "../../../runtime/process/run-command.ts";
import { makeContext } from "../../fixtures/build-context.ts";
import type { FlatImage } from "../../fixtures/flatten-image.ts";
import { type BuildOptions, ImageBuilds } from "../../fixtures/image-builds.ts";
import type { TestHost } from "../../fixtures/test-host.ts";
import { checked, type TestUser } from "../../fixtures/users.ts";

let builds: ImageBuilds;
let host: TestHost;
let alice: TestUser;
let base: string;
beforeAll(async () => {
  builds = await ImageBuilds.start();
  ({ host, alice, base } = builds);
}, 120_000);
afterAll(() => builds[Symbol.asyncDispose]());

const build = (dockerfile: string, options?: BuildOptions) => builds.build(dockerfile, options);
const built = (dockerfile: string, options?: BuildOptions) => builds.built(dockerfile, options);
const readImage = (name: string, user?: TestUser) => builds.read(name, user);
const run = (command: string, user?: TestUser) => builds.run(command, user);

describe("the cache", () => {
  const done = ({ stderr }: CommandResult) =>
    stderr
      .split("\n")
      .filter((line) => / (?:CACHED|DONE)/.test(line))
      .map((line) => line.split(" ")[1]);

  test("goes by contents, whatever the files' times, and by what a step uses", async () => {
    const dockerfile = "FROM BASE\nARG V\nCOPY f /f\nRUN cat /f\n";
    const first = await build(dockerfile, { files: { f: "1" }, args: ["--build-arg", "V=1"] });
    const again = await build(dockerfile, { files: { f: "1" }, args: ["--build-arg", "V=1"] });
    const argument = await build(dockerfile, { files: { f: "1" }, args: ["--build-arg", "V=2"] });
    const contents = await build(dockerfile, { files: { f: "2" }, args: ["--build-arg", "V=1"] });
    const ignored = await build(dockerfile, {
      files: { f: "1" },
      args: ["--build-arg", "V=1", "--no-cache"],
    });
    expect([first, again, argument, contents, ignored].map(done)).toEqual([
      ["DONE", "DONE"],
      ["CACHED", "CACHED"],
      ["CACHED", "DONE"],
      ["DONE", "DONE"],
      ["DONE", "DONE"],
    ]);
    // The same steps are the same image.
    expect(first.stdout).toBe(again.stdout);
  });

  test("does what is gone of it again, and outlives the images made with it", async () => {
    const dockerfile = "FROM BASE\nRUN echo $RANDOM >/random\n";
    await built(dockerfile);
    const random = await run("cat /random");
    checked(["rm"], await host.asUser(alice, ["cntnr", "image", "rm", "built"]));
    await built(dockerfile);
    expect(await run("cat /random")).toBe(random);
    const blobs = host.storeOf(alice, "images/blobs/sha256");
    const { layers }: { layers: { digest: string }[] } = JSON.parse(
      (
        await host.asUser(alice, [
          "sh",
          "-c",
          "skopeo inspect --raw oci:.local/share/cntnr/images:docker.io/library/built:latest",
        ])
      ).stdout,
    );
    const last = layers.at(-1)?.digest.slice("sha256:".length) ?? "";
    await host.asUser(alice, [
      "sh",
      "-c",
      "cntnr image rm built && rm .local/share/cntnr/images/blobs/sha256/$0",
      last,
    ]);
    await built(dockerfile);
    expect(await run("cat /random")).not.toBe(random);
    expect(existsSync(blobs)).toBe(true);
  });
});

describe("builder prune", () => {
  test("forgets steps and cache mounts, and leaves images whole", async () => {
    const dockerfile =
      "FROM BASE\nRUN --mount=type=cache,target=/c echo x >>/c/n && cp /c/n /n\nRUN echo 2 >/2\n";
    await built(dockerfile);
    const pruned = await host.asUser(alice, ["cntnr", "builder", "prune", "-f"]);
    expect(pruned.stdout).toContain("Total reclaimed space:");
    expect(await run("cat /n /2")).toBe("x\n2\n");
    const mounts = host.storeOf(alice, "build/mounts");
    expect(readdirSync(mounts)).toEqual([]);
    const again = checked(["build"], await build(dockerfile));
    expect(again.stderr).not.toContain("CACHED");
    expect(await run("cat /n")).toBe("x\n");
  });
});

describe("SOURCE_DATE_EPOCH", () => {
  test("gives images that are the same to the bit, also to other users", async () => {
    const dockerfile =
      "FROM BASE\nRUN mkdir /d && echo x >/d/x && touch /d/y\nCOPY f /f\nWORKDIR /w/v\nCOPY <<EOF /here\ntext\nEOF\nLABEL a=b\n";
    const options = { files: { f: "f" }, env: { SOURCE_DATE_EPOCH: "1700000000" } };
    const first = checked(["build"], await build(dockerfile, options)).stdout;
    const second = checked(["build"], await build(dockerfile, { ...options, args: ["--no-cache"] })).stdout;
    const bob = checked(["build"], await build(dockerfile, { ...options, user: host.users.bob })).stdout;
    const carol = checked(["build"], await build(dockerfile, { ...options, user: host.users.carol })).stdout;
    expect([second, bob, carol]).toEqual([first, first, first]);
    expect(readImage("built").config.created).toBe("2023-11-14T22:13:20Z");
  });
});

describe("where a build comes from", () => {
  const archive = { Dockerfile: "FROM BASE\nCOPY f /f\n", f: "from an archive" };

  test("a Dockerfile, or an archive with one, on standard input", async () => {
    const text = `FROM ${base}\nRUN echo stdin >/f\n`;
    checked(["build"], await host.asUser(alice, ["cntnr", "build", "-t", "built", "-"], { input: text }));
    expect(await run("cat /f")).toBe("stdin\n");
    const files = { ...archive, Dockerfile: archive.Dockerfile.replace("BASE", base) };
    const context = await makeContext(host, alice, files);
    for (const pack of ["tar c", "tar cz", "tar cJ"]) {
      const line = `cd ${context} && ${pack} . | cntnr build -q -t built -`;
      checked([line], await host.asUser(alice, ["sh", "-c", line]));
      expect(await run("cat /f")).toBe("from an archive");
    }
    const both = await host.asUser(alice, ["cntnr", "build", "-f", "-", "-"], { input: text });
    expect(both.exitCode).toBe(125);
  });

  test("-f names the Dockerfile, whose own .dockerignore goes before the context's", async () => {
    const context = await makeContext(host, alice, {
      "docker/app.Dockerfile": `FROM ${base}\nCOPY . /c/\n`,
      "docker/app.Dockerfile.dockerignore": "*\n!kept",
      ".dockerignore": "kept",
      kept: "k",
      left: "l",
    });
    const argv = ["cntnr", "build", "-t", "built", "-f", `${context}/docker/app.Dockerfile`, context];
    checked(argv, await host.asUser(alice, argv));
    expect(await run("ls /c")).toBe("kept\n");
  });

  test("nothing there is an error, and a Containerfile will do", async () => {
    const empty = await makeContext(host, alice, { Other: "x" });
    const missing = await host.asUser(alice, ["cntnr", "build", empty]);
    expect(missing.stderr).toContain("there is no Dockerfile in it");
    const other = await makeContext(host, alice, { Containerfile: `FROM ${base}\n` });
    checked(["build"], await host.asUser(alice, ["cntnr", "build", "-q", other]));
  });
});

describe("what comes of a build", () => {
  test("several names, an id in a file and nothing else on standard output", async () => {
    const result = checked(
      ["build"],
      await build("FROM BASE\n", { args: ["-q", "-t", "other:2", "--iidfile", "iid"] }),
    );
    expect(result.stderr).toBe("");
    expect(result.stdout).toBe(`${readFileSync(host.homeOf(alice, "iid"), "utf8")}\n`);
    const list = await host.asUser(alice, ["cntnr", "image", "ls"]);
    expect(list.stdout).toMatch(/other +2 /);
  });

  test("--squash makes one layer that does what all did", async () => {
    const dockerfile =
      "FROM BASE\nRUN rm -r /www && mkdir /www && echo new >/www/n && echo a >/a && ln /a /b\nRUN rm /a && mkdir /a && touch /a/x && rm /etc/group && chmod 700 /home\nRUN rm -r /www && ln -s /a /www && chmod 711 /\nCOPY --chown=4:5 f /a/\n";
    const files = { f: "f" };
    const plain = await built(dockerfile, { files });
    const squashed = await built(dockerfile, { files, args: ["--squash"] });
    const shown = (image: FlatImage) =>
      Object.fromEntries([...image.files].sort(([a], [b]) => (a < b ? -1 : 1)));
    expect(shown(squashed)).toEqual(shown(plain));
    expect((squashed.config.rootfs as { diff_ids: string[] }).diff_ids).toHaveLength(2);
    expect(await run("ls /a /www/; stat -c %a /home")).toBe("/a:\nf\nx\n\n/www/:\nf\nx\n700\n");
    // A directory that is a file for a while.
    await built("FROM BASE\nRUN rm -r /www && touch /www\nRUN rm /www && mkdir /www && touch /www/x\n", {
      args: ["--squash"],
    });
    expect(await run("ls /www")).toBe("x\n");
  });

  test("--output writes a directory, a tar, or an archive of the image", async () => {
    const dockerfile = "FROM scratch\nCOPY --chown=12:13 f /d/\n";
    const files = { f: "text" };
    for (const output of [
      "out",
      "type=tar,dest=out.tar",
      "type=oci,dest=out.oci",
      "type=docker,dest=out.docker",
    ])
      checked([output], await build(dockerfile, { files, args: ["-o", output] }));
    const home = host.homeOf(alice);
    expect(readFileSync(join(home, "out/d/f"), "utf8")).toBe("text");
    const look = await host.asUser(alice, [
      "sh",
      "-c",
      "tar -tvf out.tar; skopeo inspect oci-archive:out.oci >/dev/null && skopeo inspect docker-archive:out.docker >/dev/null && stat -c %U out/d/f",
    ]);
    expect(look.stdout).toContain("12/13");
    expect(look.stdout).toEndWith(`${alice.name}\n`);
    expect(look.exitCode).toBe(0);
  });

  test("--output ends quietly when nobody reads any more, and says where it cannot write", async () => {
    const dockerfile = "FROM scratch\nCOPY big /\n";
    const context = await makeContext(host, alice, { Dockerfile: dockerfile, big: "x".repeat(2_000_000) });
    const piped = ["sh", "-c", `cntnr build -q -o - ${context} | head -c 1 | wc -c`];
    expect(await host.asUser(alice, piped)).toMatchObject({ stdout: "1\n", stderr: "" });
    const refused = await host.asUser(alice, ["cntnr", "build", "-q", "-o", "type=tar,dest=/x.tar", context]);
    expect(refused).toMatchObject({ exitCode: 1, stderr: "cntnr: cannot write /x.tar: permission denied\n" });
  });
});
