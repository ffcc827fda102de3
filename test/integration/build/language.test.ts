// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are the language under test
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { makeContext } from "../../fixtures/build-context.ts";
import { type BuildOptions, ImageBuilds } from "../../fixtures/image-builds.ts";
import type { TestHost } from "../../fixtures/test-host.ts";
import { checked, type TestUser } from "../../fixtures/users.ts";

/*
 * What docker/dockerfile:1 documents of instructions and their flags and no other test has, as it comes out in images.
 */

let builds: ImageBuilds;
let host: TestHost;
let alice: TestUser;
beforeAll(async () => {
  builds = await ImageBuilds.start();
  ({ host, alice } = builds);
}, 120_000);
afterAll(() => builds[Symbol.asyncDispose]());

const built = (dockerfile: string, options?: BuildOptions) => builds.built(dockerfile, options);

describe("ARG", () => {
  test("is known from its line on, in stages based on its own, and in no others", async () => {
    await built(
      `ARG GLOBAL=global
FROM BASE AS one
ENV BEFORE=\${A:-unset}
ARG A=a
ARG GLOBAL
FROM one AS two
RUN echo $BEFORE $A $GLOBAL >/inherited
FROM BASE
RUN echo "\${A:-unset}" "\${GLOBAL:-unset}" >/unrelated
COPY --from=two /inherited /
`,
      { args: ["--build-arg", "A=given"] },
    );
    expect(await builds.run("cat /inherited /unrelated")).toBe("unset given global\nunset unset\n");
  });

  test("of the platform is there in FROM, and in stages that name it", async () => {
    const machine = process.arch === "x64" ? "amd64" : process.arch;
    await built(
      `FROM --platform=$BUILDPLATFORM BASE AS base-${machine}
FROM base-\${TARGETARCH}
RUN echo "\${TARGETARCH:-unset}" >/before
ARG TARGETPLATFORM TARGETOS TARGETARCH BUILDPLATFORM BUILDOS BUILDARCH
RUN echo $TARGETPLATFORM $TARGETOS $TARGETARCH $BUILDPLATFORM $BUILDOS $BUILDARCH >/all
`,
    );
    const platform = `linux/${machine} linux ${machine}`;
    expect(await builds.run("cat /before /all")).toBe(`unset\n${platform} ${platform}\n`);
  });

  test("and ENV are substituted wherever the reference says, and nowhere else", async () => {
    const { config } = await built(
      `ARG IMAGE=BASE
FROM \${IMAGE:-none}
ARG P=90 S=SIGHUP D=/d U=7 F=file
ENV E="$P \${NONE:+x}" X='$P'
LABEL l-$P="$P" q='$P' e=\\$P
EXPOSE $P/udp
STOPSIGNAL $S
VOLUME $D/v
USER $U:8
WORKDIR $D/\${F%le}
COPY $F .
ADD $F $D/added
RUN echo "$P" >/tmp/run
CMD echo $P
`,
      { files: { file: "f" } },
    );
    expect(config.config).toMatchObject({
      Labels: { "l-90": "90", q: "$P", e: "$P" },
      ExposedPorts: { "90/udp": {} },
      StopSignal: "SIGHUP",
      Volumes: { "/d/v": {} },
      User: "7:8",
      WorkingDir: "/d/fi",
      Cmd: ["/bin/sh", "-c", "echo $P"],
      Env: expect.arrayContaining(["E=90 ", "X=$P"]),
    });
    expect(await builds.run("cat /d/fi/file /d/added /tmp/run; stat -c %u:%g /d/fi")).toBe("ff90\n7:8\n");
  });
});

describe("settings", () => {
  test("HEALTHCHECK has all its options, in both forms, and NONE takes it away", async () => {
    const options = "--interval=1m30s --timeout=2s --start-period=500ms --start-interval=1s --retries=4";
    const shell = await built(`FROM BASE\nHEALTHCHECK ${options} CMD wget -q localhost || exit 1\n`, {
      args: ["-t", "healthy"],
    });
    expect(shell.config.config).toMatchObject({
      Healthcheck: {
        Test: ["CMD-SHELL", "wget -q localhost || exit 1"],
        Interval: 90e9,
        Timeout: 2e9,
        StartPeriod: 5e8,
        StartInterval: 1e9,
        Retries: 4,
      },
    });
    const exec = await built('FROM healthy\nHEALTHCHECK CMD ["a", "b c"]\n');
    expect(exec.config.config).toMatchObject({ Healthcheck: { Test: ["CMD", "a", "b c"] } });
    const none = await built("FROM healthy\nHEALTHCHECK NONE\n");
    expect(none.config.config).toMatchObject({ Healthcheck: { Test: ["NONE"] } });
  });

  test("SHELL is kept in the image, for whatever is based on it", async () => {
    await built('FROM BASE\nSHELL ["/bin/sh", "-u", "-c"]\n', { args: ["-t", "shell"] });
    const { config } = await built("FROM shell\nRUN echo $- >/flags\nCMD echo x\n");
    expect(await builds.run("cat /flags")).toContain("u");
    expect(config.config).toMatchObject({ Cmd: ["/bin/sh", "-u", "-c", "echo x"] });
  });

  test("ONBUILD is done by the next build in its order, here-documents and flags included, and by none after it", async () => {
    const trigger = `FROM BASE
ONBUILD ARG WHO=nobody
ONBUILD COPY --chmod=600 <<EOF /here
for $WHO
EOF
ONBUILD RUN <<EOF
cat /here >/copied
EOF
ONBUILD USER 5
`;
    await built(trigger, { args: ["-t", "chain"] });
    const child = await built("FROM chain\n", { args: ["-t", "child", "--build-arg", "WHO=somebody"] });
    expect(await builds.run("id -u; stat -c %a /here")).toBe("5\n600\n");
    expect(child.config.config).toMatchObject({ User: "5" });
    const grandchild = await built("FROM child\nUSER 0\nRUN rm /here\n");
    expect(grandchild.files.has("copied")).toBe(true);
    expect(grandchild.files.has("here")).toBe(false);
    expect(await builds.run("cat /copied")).toBe("for somebody\n");
  });
});

describe("COPY and ADD", () => {
  const files = {
    "a/b/c/x.txt": "x",
    "a/b/y.md": "y",
    "a/z.txt": "z",
    "t.tgz": { archive: { "in/t": "t" }, flag: "z" },
  } as const;

  test("--parents keeps what stands behind a pivot, also from another stage", async () => {
    const image = await built(
      `FROM BASE AS one
COPY a /s/a/
FROM BASE
COPY --parents a/./b/c/x.txt a/z.txt /p/
COPY --parents ./a/**/*.txt /q/
COPY --from=one --parents /s/./a/b /r/
COPY --from=0 --parents=false /s/a/z.txt /n
`,
      { files },
    );
    const filesIn = (root: string) =>
      [...image.files.keys()].filter((path) => path.startsWith(`${root}/`) && /\.\w+$/.test(path)).sort();
    expect(filesIn("p")).toEqual(["p/a/z.txt", "p/b/c/x.txt"]);
    expect(filesIn("q")).toEqual(["q/a/b/c/x.txt", "q/a/z.txt"]);
    expect(filesIn("r")).toEqual(["r/a/b/c/x.txt", "r/a/b/y.md"]);
    expect(await builds.run("cat /n")).toBe("z");
  });

  test("ADD has the flags of COPY, and leaves archives packed when it is told to", async () => {
    const image = await built(
      `FROM BASE
ADD --exclude=**/*.md --chown=3:4 --chmod=u=rwX,go= a /a/
ADD --unpack=false t.tgz /packed/
ADD --unpack --chown=5 t.tgz /unpacked/
ADD --link a/z.txt /linked/
`,
      { files },
    );
    expect(image.files.has("a/b/y.md")).toBe(false);
    expect(image.files.get("a/b/c/x.txt")).toMatchObject({ owner: "3:4", mode: "600" });
    expect(image.files.get("a/b/c")).toMatchObject({ owner: "3:4", mode: "700" });
    expect([image.files.has("packed/t.tgz"), image.files.has("packed/in")]).toEqual([true, false]);
    expect(image.files.get("unpacked/in/t")).toMatchObject({ owner: "5:5" });
    expect(image.files.has("linked/z.txt")).toBe(true);
  });

  test("takes several here-documents at once, with and without substitution", async () => {
    await built(
      "FROM BASE\nENV V=value\nCOPY --chmod=0640 <<one <<'two' <<-three a/z.txt /h/\n$V\none\n$V\ntwo\n\ttabs\n\tthree\n",
      { files },
    );
    expect(await builds.run("cd /h && cat one two three z.txt && stat -c %a one three")).toBe(
      "value\n$V\ntabs\nz640\n640\n",
    );
  });

  test("of a repository goes by what its address asks for", async () => {
    const git = await makeContext(host, alice, { f: "main\n", "sub/f": "sub\n" });
    const as = "git -c user.name=a -c user.email=a@b";
    const commits = `cd ${git} && git init -q -b main && git add . && ${as} commit -qm 1 && ${as} tag -a -m v1 v1 && git checkout -q -b v1-branch &&
      echo branch >f && ${as} commit -qam 2 && git update-ref refs/pull/7/head HEAD && git checkout -q main && git clone -q --mirror . ${git}.git && git rev-parse v1-branch`;
    const commit = checked(["git"], await host.asUser(alice, ["sh", "-c", commits])).stdout.trim();
    const url = `file://${git}.git`;
    await built(`FROM BASE
ADD ${url}?branch=v1-branch /branch/
ADD ${url}?tag=v1&keep-git-dir=true /tag/
ADD ${url}?ref=pull/7/head /pull/
ADD ${url}#pull/7/head /fragment/
ADD ${url}?subdir=sub&branch=main /sub/
ADD ${url}?checksum=${commit} /commit/
RUN cat /*/f >/all; ls -d /*/.git >>/all
`);
    expect(await builds.run("cat /all")).toBe("branch\nbranch\nbranch\nbranch\nsub\nmain\n/tag/.git\n");
    const wrong = await builds.build(`FROM BASE\nADD ${url}?tag=v1&checksum=0000000 /g/\n`);
    expect(wrong.stderr).toContain("it is at");
    const context = ["cntnr", "build", "-q", `${url}?branch=main&submodules=false`];
    expect((await host.asUser(alice, context)).stderr).toContain("there is no Dockerfile in it");
  });

  test("--checksum of a repository is a commit, or its beginning", async () => {
    const git = await makeContext(host, alice, { f: "1" });
    const commit = `cd ${git} && git init -q -b main && git add . && git -c user.name=a -c user.email=a@b commit -qm 1 && git clone -q --bare . ${git}.git && git rev-parse HEAD`;
    const hash = checked(["git"], await host.asUser(alice, ["sh", "-c", commit])).stdout.trim();
    for (const sum of [hash, hash.slice(0, 7)])
      await built(`FROM BASE\nADD --checksum=${sum} file://${git}.git#main /g/\n`);
    const wrong = await builds.build(`FROM BASE\nADD --checksum=0000000 file://${git}.git#main /g/\n`);
    expect(wrong.stderr).toContain(`it is at ${hash}`);
  });
});

describe("ADD of a URL", () => {
  const server = `const at = (port, other) => Bun.serve({ hostname: "127.0.0.1", port, fetch: (request) => {
    const said = request.headers.get("authorization") ?? "nothing";
    const { pathname } = new URL(request.url);
    if (pathname === "/elsewhere") return Response.redirect("http://127.0.0.1:" + other + "/said");
    if (pathname === "/for-ever") return Response.redirect("/for-ever");
    if (pathname === "/file") return Response.redirect("file:///etc/passwd");
    return new Response(said + "\\n");
  } });
  at(8101, 8102); at(8102, 8101); console.log("ready");`;
  beforeAll(async () => {
    const serving = host.spawnAsRoot([process.execPath, "-e", server]);
    await serving.waitForOutput(/^ready$/m);
  });

  test("tells the server what a secret for its host says, and no other server", async () => {
    const token = ["--secret", "id=HTTP_AUTH_TOKEN_127.0.0.1:8101,env=TOKEN"];
    const header = ["--secret", "id=HTTP_AUTH_HEADER_127.0.0.1:8102,env=HEADER"];
    const image = await built(
      "FROM BASE\nADD http://127.0.0.1:8101/said /token\nADD http://127.0.0.1:8102/said /header\nADD http://127.0.0.1:8101/elsewhere /elsewhere\n",
      { args: [...token, ...header, "--no-cache"], env: { TOKEN: "t0ken", HEADER: "Basic Ym9i" } },
    );
    expect(await builds.run("cat /token /header /elsewhere")).toBe("Bearer t0ken\nBasic Ym9i\nnothing\n");
    expect(JSON.stringify(image.config)).not.toContain("t0ken");
  });

  test("ends where it leads to no file", async () => {
    const because = async (path: string) =>
      (await builds.build(`FROM BASE\nADD http://127.0.0.1:8101${path} /x\n`)).stderr;
    expect(await because("/for-ever")).toContain("led on more than 10 times");
    expect(await because("/file")).toContain("leads to file:");
  });
});

describe("RUN --mount", () => {
  test("cache has modes of sharing, a beginning and a bound on writing", async () => {
    const dockerfile = (n: number) => `FROM BASE AS seed
RUN mkdir /s && echo seed >/s/seed
FROM BASE
RUN --mount=type=cache,target=/c,id=from,from=seed,source=/s,sharing=locked echo ${n} >>/c/log && cat /c/seed /c/log >/log
RUN --mount=type=cache,target=/c,id=from,from=seed,source=/s,readonly cp /c/log /read; ! touch /c/x 2>/dev/null
RUN --mount=type=cache,target=/p,sharing=private echo ${n} >>/p/log && cp /p/log /private
`;
    await built(dockerfile(1));
    await built(dockerfile(2));
    expect(await builds.run("cat /log /read /private")).toBe("seed\n1\n2\n1\n2\n1\n2\n");
  });

  test("cache is another one where it begins with something else, or belongs to somebody else", async () => {
    const dockerfile = (seed: string) => `FROM BASE AS seed
RUN mkdir /s /t && echo ${seed} >/s/seed && echo t >/t/seed
FROM BASE
RUN --mount=type=cache,target=/c,id=key,from=seed,source=/s cat /c/seed >/log
RUN --mount=type=cache,target=/c,id=key,from=seed,source=/t cat /c/seed >>/log
RUN --mount=type=cache,target=/c,id=key ls /c >>/log; touch /c/none
RUN --mount=type=cache,target=/c,id=key,mode=0700 ls /c >>/log; stat -c %a /c >>/log
RUN --mount=type=cache,target=/c,id=key,uid=1000 ls /c >>/log; stat -c %u /c >>/log
RUN --mount=type=cache,target=/c,id=key,sharing=locked ls /c >>/log
`;
    await built(dockerfile("one"));
    expect(await builds.run("cat /log")).toBe("one\nt\n700\n1000\nnone\n");
    await built(dockerfile("two"));
    expect(await builds.run("cat /log")).toBe("two\nt\nnone\n700\n1000\nnone\n");
  });

  test("cache may be had twice by a command, and by commands that want the same two in another order", async () => {
    const [a, b] = [
      "--mount=type=cache,target=/a,id=one,sharing=locked",
      "--mount=type=cache,target=/b,id=two,sharing=locked",
    ];
    await built(`FROM BASE AS x
RUN ${a} ${b} sleep 0.2; echo x >>/a/log
FROM BASE AS y
RUN ${b} ${a} sleep 0.2; echo y >>/a/log
FROM BASE
COPY --from=x /etc/passwd /x
COPY --from=y /etc/passwd /y
RUN ${a} --mount=type=cache,target=/again,id=one,sharing=shared cp /again/log /log && ls /a >>/log
`);
    expect(await builds.run("sort /log")).toBe("log\nx\ny\n");
  });

  test("tmpfs has a size, bind is read-only unless it is said otherwise, and writes are lost", async () => {
    const image = await built(
      `FROM BASE
RUN --mount=type=tmpfs,target=/t,size=1m df -k /t | awk 'NR==2 {print $2}' >/size
RUN --mount=target=/ro ! touch /ro/x 2>/dev/null && cat /ro/f >/f
RUN --mount=type=bind,source=f,target=/rw/f,rw echo more >>/rw/f && cat /rw/f >/g
RUN --mount=target=/again cat /again/f >/h
`,
      { files: { f: "f\n" } },
    );
    expect(await builds.run("cat /size /f /g /h")).toBe("1024\nf\nf\nmore\nf\n");
    expect(["t", "ro", "again"].filter((path) => image.files.has(path))).toEqual([]);
  });
});

test("what the file names as its syntax is not fetched, and a foreign one is told of", async () => {
  const known = ["docker/dockerfile:1", "docker.io/docker/dockerfile:1.7-labs", "m.example.org/dockerfile:1"];
  for (const syntax of known)
    expect((await builds.build(`# syntax=${syntax}\nFROM BASE\n`)).stderr).not.toContain("syntax");
  const foreign = await builds.build("# syntax=example.org/mine/frontend:2\nFROM BASE\n");
  expect(foreign).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining("example.org/mine/frontend:2"),
  });
});
