import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { makeContext } from "../../fixtures/build-context.ts";
import { ImageBuilds } from "../../fixtures/image-builds.ts";
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

const readImage = (name: string, user?: TestUser) => builds.read(name, user);

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
