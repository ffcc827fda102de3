// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are the language under test
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandResult } from "../../../runtime/process/run-command.ts";
import { makeContext } from "../../fixtures/build-context.ts";
import type { FlatImage } from "../../fixtures/flatten-image.ts";
import { type BuildOptions, ImageBuilds } from "../../fixtures/image-builds.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { checked, type TestUser } from "../../fixtures/users.ts";

let host: TestHost;
let alice: TestUser;
let builds: ImageBuilds;
let base: string;
beforeAll(async () => {
  host = await TestHost.start();
  alice = host.users.alice;
  builds = await ImageBuilds.on(host);
  base = builds.base;
}, 120_000);
afterAll(() => host[Symbol.asyncDispose]());

const build = (dockerfile: string, options?: BuildOptions) => builds.build(dockerfile, options);
const built = (dockerfile: string, options?: BuildOptions) => builds.built(dockerfile, options);
const readImage = (name: string, user?: TestUser) => builds.read(name, user);
const run = (command: string, user?: TestUser) => builds.run(command, user);
const storeOf = (user: TestUser) => builds.storeOf(user);
const leftovers = () => builds.leftovers();

describe("here-documents", () => {
  test("are files for COPY and scripts for RUN", async () => {
    await built(`FROM BASE
ARG WHO=world
COPY <<EOF <<-"RAW" /texts/
hello \${WHO} \\$HOME
EOF
	literal \${WHO}
	RAW
RUN <<EOF
echo "\${WHO}" >/script
pwd >>/script
EOF
RUN <<EOF
#!/bin/awk -f
BEGIN { print "from awk" >"/awk" }
EOF
RUN cat <<A >/a && cat <<B >>/a
one
A
two
B
`);
    expect(await run("cat /texts/EOF /texts/RAW /script /awk /a")).toBe(
      "hello world $HOME\nliteral ${WHO}\nworld\n/\nfrom awk\none\ntwo\n",
    );
  });
});

describe("COPY", () => {
  const files = {
    "src/a.txt": "a",
    "src/x/b.txt": "b",
    "src/x/y/c.txt": "c",
    "src/x/y/d.md": "d",
    "run.sh": { text: "#!/bin/sh\n", mode: 0o744 },
    outside: { link: "/etc/shadow" },
    up: { link: "../../../../../../etc/passwd" },
  };
  const pathsIn = ({ files: found }: FlatImage, directory: string) =>
    [...found.keys()].filter((path) => path.startsWith(`${directory}/`)).sort();

  test("makes the directories that a link at its destination leads to", async () => {
    const image = await built("FROM BASE\nRUN ln -s /far/away/file /link\nCOPY src/a.txt /link\n", { files });
    expect(pathsIn(image, "far")).toEqual(["far/away", "far/away/file"]);
  });

  test("--parents keeps directories, from a ./ on, and knows **", async () => {
    const image = await built(
      "FROM scratch\nCOPY --parents src/x/b.txt src/./x/y /p/\nCOPY --parents ./src/**/*.txt /q/\n",
      { files },
    );
    expect(pathsIn(image, "p")).toEqual([
      ...["p/src", "p/src/x", "p/src/x/b.txt", "p/x", "p/x/y", "p/x/y/c.txt", "p/x/y/d.md"],
    ]);
    expect(pathsIn(image, "q").filter((path) => path.endsWith(".txt"))).toEqual([
      ...["q/src/a.txt", "q/src/x/b.txt", "q/src/x/y/c.txt"],
    ]);
  });

  test("--exclude leaves out, below a directory and by name", async () => {
    const image = await built(
      "FROM scratch\nCOPY --exclude=x/y/*.md --exclude=a.* src /p/\nCOPY --exclude=*.sh run.* src/a.txt /q/\n",
      { files },
    );
    expect(pathsIn(image, "p")).toEqual(["p/x", "p/x/b.txt", "p/x/y", "p/x/y/c.txt"]);
    expect(pathsIn(image, "q")).toEqual(["q/a.txt"]);
  });

  test("--chmod takes modes in words", async () => {
    const image = await built("FROM scratch\nCOPY --chmod=u=rwX,go= src /p/\nCOPY --chmod=a+rx run.sh /\n", {
      files,
    });
    expect(image.files.get("p/x")?.mode).toBe("700");
    expect(image.files.get("p/a.txt")?.mode).toBe("600");
    expect(image.files.get("run.sh")?.mode).toBe("755");
  });

  test("--link is the same layer on whatever it is put", async () => {
    const one = await built("FROM BASE\nCOPY --link src /linked/\n", { files });
    const other = await built("FROM BASE\nRUN touch /x\nCOPY --link src /linked/\n", { files });
    const last = ({ config }: FlatImage) => (config.rootfs as { diff_ids: string[] }).diff_ids.at(-1);
    expect(last(one)).toBe(last(other));
    expect(other.files.has("linked/x/y/c.txt")).toBe(true);
  });

  test("follows no link out of the context, and none of the image out of it (B7)", async () => {
    for (const name of ["outside", "up"]) {
      const result = await build(`FROM BASE\nCOPY ${name} /got\n`, { files });
      expect(result.exitCode).toBe(1);
      expect(result.stderr).toContain(`"/${name}" is not there`);
    }
    const climbed = await build("FROM BASE\nCOPY ../../../../../../etc/hostname /got\n", { files });
    expect(climbed.stderr).toContain('"/etc/hostname" is not there');
    const image = await built(
      "FROM BASE\nRUN ln -s /../../../tmp /out && ln -s ../../../../../../tmp/made /far\nCOPY run.sh /out/cntnr-test-escape\nCOPY run.sh /far/x\n",
      { files },
    );
    expect(image.files.has("tmp/cntnr-test-escape")).toBe(true);
    expect(image.files.has("tmp/made/x")).toBe(true);
    expect(existsSync("/tmp/cntnr-test-escape")).toBe(false);
  });

  test("refuses what cannot be, and says where", async () => {
    for (const [line, message] of [
      ["COPY src/a.txt run.sh /x", "written with a slash at its end (/x/)"],
      ["COPY --chown=nobody-here run.sh /x", "neither name is known"],
      ["COPY --chmod=9 run.sh /x", "neither octal"],
      ["COPY src /bin/busybox", "a directory"],
      ["COPY --from=later run.sh /x", "later"],
    ] as const) {
      const result = await build(`FROM BASE\n${line}\n`, { files });
      expect(result.exitCode).toBe(1);
      expect(result.stderr).toContain("Dockerfile:2:1:");
      expect(result.stderr).toContain(message);
      expect(result.stderr).toContain(`  2 | >>> ${line}`);
    }
  });
});

describe("RUN", () => {
  test("sees secrets as files and as variables, and the image has neither", async () => {
    const missing = await build("FROM BASE\nRUN --mount=type=secret,id=key true\n", {
      args: ["--secret", "id=key,src=/nonexistent"],
    });
    expect(missing.stderr).toContain("secret key");
    const context = await makeContext(host, alice, { key: "s3cret" });
    const good = await built(
      "FROM BASE\nRUN --mount=type=secret,id=key,mode=0440,uid=1000 --mount=type=secret,id=token,env=TOKEN stat -c '%a %u' /run/secrets/key >/stat && echo \"$(cat /run/secrets/key)$TOKEN\" | sha256sum >>/stat\n",
      {
        args: ["--secret", "id=token,env=SECRET", "--secret", `id=key,src=${context}/key`],
        env: { SECRET: "v4riable" },
      },
    );
    const sum = createHash("sha256").update("s3cretv4riable\n").digest("hex");
    expect(await run("cat /stat")).toBe(`440 1000\n${sum}  -\n`);
    expect(JSON.stringify([...good.files])).not.toContain("secrets");
    expect(JSON.stringify(good.config)).not.toContain("v4riable");
    const required = await build("FROM BASE\nRUN --mount=type=secret,id=a,required=true true\n");
    expect(required.stderr).toContain("secret a is required");
  });

  test("keeps cache mounts from build to build, and leaves nothing of mounts in the image", async () => {
    const dockerfile = (n: number) =>
      `FROM BASE\nRUN --mount=type=cache,target=/c,mode=0770,uid=1000 --mount=type=tmpfs,target=/t --mount=type=bind,target=/b,rw echo ${n} >>/c/log && cp /c/log /log && touch /b/new /t/x && stat -c '%a %u' /c >>/log\n`;
    await built(dockerfile(1));
    const image = await built(dockerfile(2));
    expect(await run("cat /log")).toBe("1\n2\n770 1000\n");
    expect(["c", "t", "b"].filter((path) => image.files.has(path))).toEqual([]);
  });

  test("can be without a network, and at build arguments' values", async () => {
    const image = await built(
      "FROM BASE\nARG A=1\nARG B\nRUN --network=none test ! -e /sys/class/net/eth0 && echo $A$B$http_proxy >/args\n",
      { args: ["--build-arg", "B=2", "--build-arg", "http_proxy=http://p"] },
    );
    expect(await run("cat /args")).toBe("12http://p\n");
    expect(JSON.stringify(image.config)).not.toContain("http://p");
  });

  test("that fails tells the exit code, the place and what was printed, and leaves nothing", async () => {
    const result = await build("FROM BASE\nRUN echo before\nRUN echo some output; exit 7\nRUN true\n");
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain("some output");
    expect(result.stderr).toContain(
      "Dockerfile:3:1: `/bin/sh -c echo some output; exit 7` ended with exit code 7",
    );
    expect(leftovers()).toEqual([]);
  });

  test("gives up at Ctrl-C, and leaves nothing", async () => {
    const context = await makeContext(host, alice, { Dockerfile: `FROM ${base}\nRUN echo up; sleep 1000\n` });
    const running = host.spawnAsUser(alice, ["cntnr", "build", "--progress", "plain", context]);
    await running.waitForOutput(/^#1 up$/m);
    process.kill(running.pid, "SIGINT");
    expect(await running.exited).toBe(130);
    expect(leftovers()).toEqual([]);
  });

  test("is ended by Ctrl-C also when the runtime has only just been called", async () => {
    const context = await makeContext(host, alice, {
      Dockerfile: `FROM ${base}\nRUN sleep 1000\n`,
      // Starts the container after it was to be ended.
      "bin/runc": {
        text: `#!/bin/sh
dir=$(dirname "$0")/..
PATH=\${PATH#*:}
case " $* " in
*" delete "*) runc "$@"; status=$?; : >"$dir/deleted"; exit $status ;;
*" run "*) trap "" INT; echo called; until [ -e "$dir/deleted" ]; do sleep 0.05; done ;;
esac
exec runc "$@"
`,
        mode: 0o755,
      },
    });
    const env = { PATH: `${context}/bin:${host.directory}/bin:/usr/sbin:/usr/bin:/sbin:/bin` };
    const running = host.spawnAsUser(alice, ["cntnr", "build", "--progress", "plain", context], { env });
    await running.waitForOutput(/^#1 called$/m);
    process.kill(running.pid, "SIGINT");
    expect(await running.exited).toBe(130);
    expect(leftovers()).toEqual([]);
  });

  test("of a killed build is ended by the next one", async () => {
    const context = await makeContext(host, alice, { Dockerfile: `FROM ${base}\nRUN echo up; sleep 1000\n` });
    const running = host.spawnAsUser(alice, ["cntnr", "build", "--progress", "plain", context]);
    await running.waitForOutput(/^#1 up$/m);
    process.kill(running.pid, "SIGKILL");
    await running.exited;
    await built("FROM BASE\n");
    expect(leftovers()).toEqual([]);
  });
});

describe("ADD", () => {
  test("fetches URLs, checked, and unpacks them when asked to", async () => {
    const context = await makeContext(host, alice, {
      "x.tgz": { archive: { "in/file": "text" }, flag: "z" },
      large: "line\n".repeat(700_000),
    });
    host.spawnAsUser(alice, ["busybox", "httpd", "-f", "-p", "127.0.0.1:8099", "-h", context]);
    const url = "http://127.0.0.1:8099/x.tgz";
    await host.asUser(alice, ["sh", "-c", `until busybox wget -q -O- ${url} >/dev/null; do sleep 0.1; done`]);
    const sum = (await host.asUser(alice, ["sha256sum", `${context}/x.tgz`])).stdout.slice(0, 64);
    const image = await built(
      `FROM BASE\nADD --checksum=sha256:${sum} ${url} /got/\nADD --chmod=644 ${url} /named\nADD --unpack=true --chown=3:4 ${url} /unpacked\nADD http://127.0.0.1:8099/large /large\n`,
    );
    expect(await run("wc -l </large; sort -u /large")).toBe("700000\nline\n");
    expect(image.files.get("got/x.tgz")).toMatchObject({ mode: "600", owner: "0:0", content: sum });
    expect(image.files.get("named")).toMatchObject({ mode: "644" });
    expect(image.files.get("unpacked/in/file")).toMatchObject({ owner: "3:4" });
    const wrong = await build(`FROM BASE\nADD --checksum=sha256:${"0".repeat(64)} ${url} /got/\n`);
    expect(wrong.stderr).toContain(`it is sha256:${sum}`);
    const missing = await build("FROM BASE\nADD http://127.0.0.1:8099/none /x\n");
    expect(missing.stderr).toContain("the server says 404");
  });

  test("checks Git repositories out, at a ref and from a directory in them", async () => {
    const context = await makeContext(host, alice, { "doc/readme": "one", run: { text: "x", mode: 0o700 } });
    const git = `git -C ${context} -c user.name=a -c user.email=a@b`;
    const commands = `git -C ${context} init -q -b main && git -C ${context} add . && ${git} commit -qm 1 && git -C ${context} tag v1 && echo two >${context}/doc/readme && ${git} commit -qam 2 && git clone -q --bare ${context} ${context}.git`;
    checked(["git"], await host.asUser(alice, ["sh", "-c", commands]));
    const image = await built(
      `FROM BASE\nADD file://${context}.git#v1:doc /doc/\nADD --keep-git-dir=true file://${context}.git /all\n`,
    );
    expect(await run("cat /doc/readme /all/doc/readme")).toBe("onetwo\n");
    expect(image.files.get("all/run")?.mode).toBe("755");
    expect(image.files.has("all/.git/HEAD")).toBe(true);
    const none = await build(`FROM BASE\nADD file://${context}.git#v2 /x\n`);
    expect(none.stderr).toContain("no branch or tag v2");
  });
});

describe("stages", () => {
  test("run beside each other, and what two of them do alike is done once", async () => {
    const waiting =
      "RUN --mount=type=cache,target=/c,id=meet sh -c 'touch /c/$N; for i in $(seq 600); do test -e /c/$M && exit 0; sleep 0.1; done; exit 1'";
    await built(
      `FROM BASE AS a\nENV N=1 M=2\n${waiting}\nFROM BASE AS b\nENV N=2 M=1\n${waiting}\nFROM BASE\nCOPY --from=a /www /a\nCOPY --from=b /www /b\n`,
    );
    const counting = "RUN --mount=type=cache,target=/c,id=count echo x >>/c/n; cp /c/n /n; sleep 0.3";
    await built(
      `FROM BASE AS a\n${counting}\nFROM BASE AS b\n${counting}\nFROM BASE\nCOPY --from=a /n /a\nCOPY --from=b /n /b\n`,
    );
    expect(await run("cat /a /b")).toBe("x\nx\n");
  });

  test("carry out the triggers of the image that they begin with, and do not pass them on", async () => {
    await built("FROM BASE\nONBUILD COPY f /triggered\nONBUILD RUN echo $PWD >/ran\nONBUILD ENV T=1\n", {
      args: ["-t", "trigger"],
    });
    const image = await built("FROM trigger\nRUN cat /triggered\n", { files: { f: "text" } });
    expect(await run("cat /triggered /ran; echo $T")).toBe("text/\n1\n");
    expect(image.config.config).not.toHaveProperty("OnBuild");
    const failing = await build("FROM trigger\n");
    expect(failing.stderr).toContain("ONBUILD of trigger:1:1:");
  });

  test("take from named contexts", async () => {
    const other = await makeContext(host, alice, { file: "named" });
    await built("FROM start\nCOPY --from=more file /\n", {
      args: ["--build-context", `more=${other}`, "--build-context", `start=docker-image://${base}`],
    });
    expect(await run("cat /file")).toBe("named");
  });
});

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
    const blobs = join(storeOf(alice), "images/blobs/sha256");
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
    const mounts = join(storeOf(alice), "build/mounts");
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
    expect(result.stdout).toBe(`${readFileSync(join(storeOf(alice), "../../../iid"), "utf8")}\n`);
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
    const home = join(host.directory, "home", alice.name);
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

describe("image create", () => {
  test("does its steps in the order of the command line, each kept for the next time", async () => {
    const context = await makeContext(host, alice, {
      "a b": "ab",
      "c.tgz": { archive: { c: "c" }, flag: "z" },
    });
    const argv = [
      ...[
        "cntnr",
        "image",
        "create",
        "--from",
        base,
        "--author=John Doe",
        "--tag=built",
        "--env",
        "A=$HOME 'x'",
      ],
      ...[
        "--run=echo $A >/one && ls /",
        "--workdir",
        "/w",
        "--run-sh",
        "pwd >two",
        "--add",
        `'${context}/a b' /w/x:7:8`,
      ],
      ...["--add", `${context}/c.tgz /un/`, "--copy", `${context}/c.tgz /packed/`, "--user", "user"],
      ...[
        "--expose=80",
        "--volume",
        "/v",
        "--label",
        "l=m n",
        "--entrypoint",
        "sh -c",
        "--cmd",
        `["cat /one"]`,
      ],
    ];
    const first = checked(argv, await host.asUser(alice, argv));
    const image = readImage("built");
    expect(image.config).toMatchObject({
      author: "John Doe",
      config: {
        User: "user",
        WorkingDir: "/w",
        Entrypoint: ["sh", "-c"],
        Cmd: ["cat /one"],
        Labels: { l: "m n" },
        ExposedPorts: { "80/tcp": {} },
        Volumes: { "/v": {} },
      },
    });
    expect(image.files.get("w/x")?.owner).toBe("7:8");
    expect([...image.files.keys()].filter((path) => /^(?:un|packed)\//.test(path)).sort()).toEqual([
      "packed/c.tgz",
      "un/c",
    ]);
    expect((await host.asUser(alice, ["cntnr", "run", "--rm", "built"])).stdout).toBe("$HOME 'x'\n");
    const again = checked(argv, await host.asUser(alice, argv));
    expect(again.stderr).not.toContain("DONE");
    expect(again.stdout).toBe(first.stdout);
    const failing = await host.asUser(alice, ["cntnr", "image", "create", "--from", base, "--run", "exit 3"]);
    expect(failing.exitCode).toBe(1);
    expect(failing.stderr).toContain(">>> --run exit 3");
  });
});

test("a user without sub-ids has the owners in the image that a build asks for", async () => {
  const dockerfile = "FROM BASE\nCOPY --chown=12:13 f /f\nCOPY --from=BASE /www /w\nUSER user\nWORKDIR /uw\n";
  const image = await built(dockerfile, { files: { f: "f" }, user: host.users.carol });
  expect(image.files.get("f")?.owner).toBe("12:13");
  expect(image.files.get("uw")?.owner).toBe("1000:1000");
  expect(image.files.get("w")?.owner).toBe("0:0");
});
