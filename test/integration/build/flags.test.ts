import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeContext } from "../../fixtures/build-context.ts";
import { type BuildOptions, ImageBuilds } from "../../fixtures/image-builds.ts";
import type { TestHost } from "../../fixtures/test-host.ts";
import { checked, type TestUser } from "../../fixtures/users.ts";

/*
 * What the flags of `cntnr build` do: to the commands of a build, to where its files come from, and with what comes of it.
 */

let builds: ImageBuilds;
let host: TestHost;
let alice: TestUser;
beforeAll(async () => {
  builds = await ImageBuilds.start();
  ({ host, alice } = builds);
}, 120_000);
afterAll(() => builds[Symbol.asyncDispose]());

async function out(...argv: string[]): Promise<string> {
  return checked(argv, await host.asUser(alice, argv)).stdout;
}

const built = (dockerfile: string, ...args: string[]) => builds.built(dockerfile, { args });

async function refusal(dockerfile: string, options: BuildOptions): Promise<string> {
  const { exitCode, stderr } = await builds.build(dockerfile, options);
  expect(exitCode).not.toBe(0);
  return stderr;
}

describe("the commands of a build", () => {
  const facts =
    "FROM BASE\nRUN { grep -c build.example /etc/hosts; df -k /dev/shm | awk 'NR==2 {print $2}'; ulimit -n; hostname; } >/facts\n";

  test("have the hosts, the /dev/shm, the limits and the name that are asked for", async () => {
    const flags = ["--add-host", "build.example:10.9.8.7", "--shm-size", "3m", "--ulimit", "nofile=77:99"];
    await built(facts, ...flags, "--network", "none", "--build-arg", "BUILDKIT_SANDBOX_HOSTNAME=sandbox");
    expect(await builds.run("cat /facts")).toBe("1\n3072\n77\nsandbox\n");
  });

  test("have one name on whatever machine, on its network, too", async () => {
    await built("FROM BASE\nRUN hostname >/name; echo $HOSTNAME >>/name; cat /etc/hostname >>/name\n");
    expect(await builds.run("cat /name")).toBe("build\nbuild\nbuild\n");
  });

  test("are run again when these are others", async () => {
    const flags = ["--shm-size", "4m"];
    await built(facts, ...flags);
    const again = await builds.build(facts, { args: flags });
    expect(again.stderr).toContain("CACHED");
    const other = await builds.build(facts, { args: [...flags, "--ulimit", "nofile=64"] });
    expect(other.stderr).not.toContain("CACHED");
  });

  test("are on a network of the administrator's, or on none, as a step or the build says", async () => {
    await host.startNetd();
    const look = "ls /sys/class/net | tr '\\n' ' '";
    const dockerfile = (n: number) => `FROM BASE
RUN ${look} >/default && echo ${n}
RUN --network=default ${look} >/also
RUN --network=none ${look} >/none
RUN --network=host readlink /proc/self/ns/net >/host
`;
    await built(dockerfile(1), "--network", "lab");
    const all = "cat /default /also /none; echo; cat /host";
    const hostNetwork = await out("readlink", "/proc/self/ns/net");
    expect(await builds.run(all)).toBe(`eth0 lo eth0 lo lo \n${hostNetwork}`);
    await built(dockerfile(2), "--network", "none");
    expect(await builds.run(all)).toBe(`lo lo lo \n${hostNetwork}`);
    await host.waitForNoResidue();
    const denied = await refusal("FROM BASE\nRUN true\n", {
      args: ["--network", "lab"],
      user: host.users.bob,
    });
    expect(denied).toContain("you are not permitted to use it");
    expect(await refusal("FROM BASE\nRUN true\n", { args: ["--network", "container:x"] })).toContain(
      "cannot join a container",
    );
  });

  test("keep their caches apart by BUILDKIT_CACHE_MOUNT_NS", async () => {
    const dockerfile = (n: number) =>
      `FROM BASE\nRUN --mount=type=cache,target=/c echo ${n} >>/c/log && cp /c/log /log\n`;
    await built(dockerfile(1), "--build-arg", "BUILDKIT_CACHE_MOUNT_NS=a");
    await built(dockerfile(2), "--build-arg", "BUILDKIT_CACHE_MOUNT_NS=b");
    await built(dockerfile(3), "--build-arg", "BUILDKIT_CACHE_MOUNT_NS=a");
    expect(await builds.run("cat /log")).toBe("1\n3\n");
  });
});

test("--no-cache-filter does the steps of some stages again", async () => {
  const dockerfile = `FROM BASE AS one
RUN echo one
FROM BASE AS two
RUN echo two
FROM BASE
COPY --from=one /etc/passwd /1
COPY --from=two /etc/passwd /2
RUN echo three
`;
  await built(dockerfile);
  const done = async (...args: string[]) => {
    const { stderr } = await builds.build(dockerfile, { args });
    return stderr
      .split("\n")
      .filter((line) =>
        /^(?:#\d+ \d+\.\d+ )?(?:one|two|three)$/.test(line.replace(/^#\d+ (?:\d+\.\d+ )?/, "")),
      );
  };
  expect(await done()).toEqual([]);
  const [only, ...more] = await done("--no-cache-filter", "TWO,nothing");
  expect(only).toEndWith("two");
  expect(more).toEqual([]);
  expect(await done("--no-cache-filter", "one", "--no-cache-filter=2")).toHaveLength(2);
});

describe("a repository behind a server that wants to know who asks", () => {
  const server = `const at = (port, wanted) => Bun.serve({ hostname: "127.0.0.1", port, async fetch(request) {
    if (request.headers.get("authorization") !== wanted)
      return new Response("who?", { status: 401, headers: { "WWW-Authenticate": "Basic" } });
    const { pathname, search } = new URL(request.url);
    const env = { ...process.env, GIT_PROJECT_ROOT: process.argv[1], GIT_HTTP_EXPORT_ALL: "1", PATH_INFO: pathname,
      QUERY_STRING: search.slice(1), REQUEST_METHOD: request.method, CONTENT_TYPE: request.headers.get("content-type") ?? "",
      HTTP_CONTENT_ENCODING: request.headers.get("content-encoding") ?? "", HTTP_GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
      GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "safe.directory", GIT_CONFIG_VALUE_0: "*" };
    const { stdout } = Bun.spawnSync(["git", "http-backend"], { env, stdin: await request.bytes() });
    const end = stdout.indexOf("\\r\\n\\r\\n");
    const headers = stdout.subarray(0, end).toString().split("\\r\\n").map((line) => line.split(": "));
    return new Response(stdout.subarray(end + 4), { headers });
  } });
  at(8103, "basic " + btoa("x-access-token:t0ken")); at(8104, "Bearer other"); console.log("ready");`;
  const asked = "127.0.0.1:8103";
  const other = "127.0.0.1:8104";

  test("is a context, and a source of ADD, with GIT_AUTH_TOKEN and GIT_AUTH_HEADER", async () => {
    const git = await makeContext(host, alice, {
      Dockerfile: `FROM ${builds.base}\nCOPY f /f\nADD http://${other}/f.git /added/\n`,
      f: "of git\n",
    });
    const commit = `cd ${git} && git init -q -b main && git add . && git -c user.name=a -c user.email=a@b commit -qm 1 && mkdir ../served && git clone -q --bare . ../served/f.git`;
    await out("sh", "-c", commit);
    const serving = host.spawnAsRoot([
      process.execPath,
      "-e",
      server,
      host.path(join(dirname(git), "served")),
    ]);
    await serving.waitForOutput(/^ready$/m);
    const argv = ["cntnr", "build", "-q", "-t", "built", `http://${asked}/f.git`];
    const env = { TOKEN: "t0ken", HEADER: "Bearer other" };
    const refused = await host.asUser(alice, argv);
    expect(refused.exitCode).toBe(1);
    const secrets = [
      "--secret",
      "id=GIT_AUTH_TOKEN,env=TOKEN",
      "--secret",
      `id=GIT_AUTH_HEADER.${other},env=HEADER`,
    ];
    checked(argv, await host.asUser(alice, [...argv, ...secrets], { env }));
    expect(await builds.run("cat /f /added/f")).toBe("of git\nof git\n");
    expect(JSON.stringify(builds.read("built").config)).not.toContain("t0ken");
  });
});

describe("--build-context", () => {
  test("takes directories with their .dockerignore, repositories and image layouts", async () => {
    const directory = await makeContext(host, alice, { kept: "1", left: "2", ".dockerignore": "left\n" });
    const git = await makeContext(host, alice, { "sub/file": "of git" });
    const commit = `cd ${git} && git init -q -b main && git add . && git -c user.name=a -c user.email=a@b commit -qm 1 && git clone -q --bare . ${git}.git`;
    await out("sh", "-c", commit);
    const layout = join(alice.home, "layout");
    await built("FROM BASE\nRUN echo layout >/in-layout\n");
    await out("cntnr", "image", "export", "built", `oci:${layout}:base`);
    await built(
      "FROM base\nCOPY --from=directory . /d/\nCOPY --from=repository file /r\nCOPY --from=base /in-layout /l\n",
      ...[
        "--build-context",
        `directory=${directory}`,
        "--build-context",
        `repository=file://${git}.git#main:sub`,
      ],
      ...["--build-context", `base=oci-layout://${layout}:base`],
    );
    expect(await builds.run("ls /d; cat /r /l")).toBe("kept\nof gitlayout\n");
    const missing = { args: ["--build-context", "x=/nonexistent"] };
    expect(await refusal("FROM BASE\n", missing)).toContain("/nonexistent");
  });

  test("of a repository keeps .git when BUILDKIT_CONTEXT_KEEP_GIT_DIR says so", async () => {
    const git = await makeContext(host, alice, {
      Dockerfile: `FROM ${builds.base}\nCOPY . /all/\nRUN ls -a /all >/list\n`,
    });
    const commit = `cd ${git} && git init -q -b main && git add . && git -c user.name=a -c user.email=a@b commit -qm 1 && git clone -q --bare . ${git}.git`;
    await out("sh", "-c", commit);
    const argv = ["cntnr", "build", "-q", "-t", "built", `file://${git}.git`];
    await out(...argv);
    expect(await builds.run("cat /list")).not.toContain(".git");
    await out(...argv, "--build-arg", "BUILDKIT_CONTEXT_KEEP_GIT_DIR=1");
    expect(await builds.run("cat /list")).toContain(".git");
  });
});

describe("what comes of a build", () => {
  const registry = () => builds.base.split("/")[0] ?? "";
  const raw = async (name: string) =>
    JSON.parse(
      await out("skopeo", "inspect", "--raw", "--tls-verify=false", `docker://${registry()}/${name}`),
    );

  test("is pushed under all its names, with annotations", async () => {
    const names = ["-t", `${registry()}/pushed:1`, "-t", `${registry()}/pushed:2`];
    const context = await makeContext(host, alice, {
      Dockerfile: `FROM ${builds.base}\nRUN echo 2 >/pushed\n`,
    });
    await out("cntnr", "build", "--push", ...names, "--annotation", "manifest:x=y", context);
    expect(await raw("pushed:1")).toMatchObject({ annotations: { x: "y" } });
    expect(await raw("pushed:2")).toEqual(await raw("pushed:1"));
    await out("cntnr", "build", "-o", `type=registry,name=${registry()}/pushed:3`, context);
    expect((await raw("pushed:3")).layers).toHaveLength(2);
    const local = { args: ["--push", "-t", "localhost/x"] };
    expect(await refusal("FROM BASE\n", local)).toContain("is of no registry");
  });

  test("is described in a file as buildx does", async () => {
    const metadata = join(alice.home, "metadata.json");
    const id = (
      await builds.build("FROM BASE\n", { args: ["--metadata-file", metadata, "-q"] })
    ).stdout.trim();
    const text = JSON.parse(readFileSync(host.path(metadata), "utf8"));
    const [image] = JSON.parse(await out("cntnr", "image", "inspect", "built"));
    expect(image.Id).toBe(id);
    expect(text).toEqual({
      "containerimage.config.digest": id,
      "containerimage.descriptor": image.Descriptor,
      "containerimage.digest": image.Descriptor.digest,
      "image.name": "docker.io/library/built:latest",
    });
  });

  test("is told of quietly, and nothing is done that was not asked for", async () => {
    const quiet = await builds.build("FROM BASE\nRUN echo loud\n", {
      args: ["--progress", "quiet", "--load"],
    });
    expect(quiet.stderr).toBe("");
    expect(quiet.stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    const accepted = ["--cache-from", "x", "--cache-to", "type=inline", "--provenance=false", "--sbom=false"];
    expect((await builds.build("FROM BASE\n", { args: accepted })).stderr).toContain(
      "--cache-from and --cache-to have no effect",
    );
    const because = (...args: string[]) => refusal("FROM BASE\n", { args });
    expect(await because("--cache-to", "type=local,dest=x")).toContain("cannot be written elsewhere");
    expect(await because("--provenance=true")).toContain("no attestations");
    expect(await because("--annotation", "index:a=b")).toContain("only the manifest");
    expect(await because("--platform", "linux/s390x")).toContain("builds are for it alone");
    expect(await because("-o", "a", "-o", "b")).toContain("one result");
    expect(await refusal("FROM BASE\nRUN --device=x true\n", {})).toContain("no devices of the host's");
    expect(await refusal("FROM BASE\nRUN --security=insecure true\n", {})).toContain(
      "only sandbox is possible",
    );
  });
});

describe("--check and --call", () => {
  const faulty = "FROM BASE as Build\nCMD echo x\n";

  test("tell what is amiss, and what stages there are, and build nothing", async () => {
    const checked = await builds.build(faulty, { args: ["--check"] });
    expect(checked.exitCode).toBe(1);
    expect(checked.stdout.split("\n").map((line) => line.split(": ").slice(0, 2).join(": "))).toEqual([
      "Dockerfile:1: StageNameCasing",
      "Dockerfile:1: FromAsCasing",
      "Dockerfile:2: JSONArgsRecommended",
      "Check complete: 3 warnings",
      "",
    ]);
    expect(checked.stderr).toBe("");
    const good = await builds.build("FROM nothing-that-exists\n", { args: ["--call", "check"] });
    expect(good).toMatchObject({ exitCode: 0, stdout: "Check complete: no warnings\n" });
  });

  test("tell what there is to be built, and what it can be given", async () => {
    const dockerfile = `# VERSION of the base image
ARG VERSION=1
ARG UNUSED=x
# base has the tools
FROM x:$VERSION AS base
# NAME whom to greet
ARG NAME=you
ARG VERSION
RUN --mount=type=secret,id=token --mount=type=ssh true
# other is not needed
FROM y AS other
ARG OTHER
FROM base
RUN --mount=type=secret,id=token,required --mount=type=ssh,id=deploy,required true
`;
    const call = async (...args: string[]) => (await builds.build(dockerfile, { args })).stdout;
    expect(await call("--call=targets")).toBe(
      "TARGET        DESCRIPTION\nbase          has the tools\nother         is not needed\n2 (default)   \n".replace(
        / +$/gm,
        "",
      ),
    );
    const outline = await call("--call", "outline", "--build-arg", "NAME=all");
    expect(outline.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["TARGET:", "2"],
      [""],
      ["BUILD ARG", "VALUE", "DESCRIPTION"],
      ["VERSION", "1", "of the base image"],
      ["NAME", "all", "whom to greet"],
      [""],
      ["SECRET", "REQUIRED"],
      ["token", "true"],
      [""],
      ["SSH", "REQUIRED"],
      ["default", "false"],
      ["deploy", "true"],
      [""],
    ]);
    expect(await call("--call", "outline", "--target", "other")).toMatch(
      /^TARGET: +other\nDESCRIPTION: +is not needed\n\nBUILD ARG +VALUE +DESCRIPTION\nOTHER *\n$/,
    );
  });

  test("are asked by the file itself, when it takes warnings for errors", async () => {
    const strict = `# check=error=true\n${faulty}`;
    expect(await refusal(strict, {})).toContain("Dockerfile:2: StageNameCasing");
    const skip = "BUILDKIT_DOCKERFILE_CHECK=skip=all;error=true";
    await built(strict, "--build-arg", skip);
  });
});
