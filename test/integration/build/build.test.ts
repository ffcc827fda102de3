// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are the language under test
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
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
const run = (command: string, user?: TestUser) => builds.run(command, user);
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

test("a user without sub-ids has the owners in the image that a build asks for", async () => {
  const dockerfile = "FROM BASE\nCOPY --chown=12:13 f /f\nCOPY --from=BASE /www /w\nUSER user\nWORKDIR /uw\n";
  const image = await built(dockerfile, { files: { f: "f" }, user: host.users.carol });
  expect(image.files.get("f")?.owner).toBe("12:13");
  expect(image.files.get("uw")?.owner).toBe("1000:1000");
  expect(image.files.get("w")?.owner).toBe("0:0");
});
