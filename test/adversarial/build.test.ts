// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are the language under test
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { CommandResult } from "../../runtime/process/run-command.ts";
import { makeContext } from "../fixtures/build-context.ts";
import { busyboxImage, imageReference, makeImage } from "../fixtures/images.ts";
import { archive, directory, endMark, file, hardLink, symbolicLink } from "../fixtures/tar-archive.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { checked, runChecked, type TestUser } from "../fixtures/users.ts";

let host: TestHost;
let alice: TestUser;
let base: string;
beforeAll(async () => {
  host = await TestHost.start();
  alice = host.users.alice;
  base = imageReference(await busyboxImage());
}, 120_000);
afterAll(() => host[Symbol.asyncDispose]());

async function build(
  dockerfile: string,
  files: Readonly<Record<string, Uint8Array | string>> = {},
): Promise<CommandResult> {
  const context = await makeContext(host, alice, { Dockerfile: dockerfile.replaceAll("BASE", base) });
  for (const [name, bytes] of Object.entries(files))
    writeFileSync(host.homeOf(alice, context.slice(alice.home.length), name), bytes);
  return host.asUser(alice, ["cntnr", "build", "-t", "hostile", context], { timeoutMs: 60_000 });
}

/** Nothing half-made, and no image. */
async function expectNothing(): Promise<void> {
  const temporary = readdirSync(host.storeOf(alice, "tmp")).filter((name) => !name.endsWith(".lock"));
  expect(temporary).toEqual([]);
  const list = await host.asUser(alice, ["cntnr", "image", "ls"]);
  expect(list.stdout).not.toContain("hostile");
}

describe("an archive that ADD unpacks", () => {
  test.each([
    ["climbs", archive(file("../../escaped", "x"), endMark)],
    ["is absolute", archive(file("/escaped", "x"), endMark)],
    ["links out by a hard link", archive(hardLink("h", "../../../etc/passwd"), endMark)],
    ["is cut off", archive(file("a", "x")).subarray(0, 700)],
  ])("and %s is refused, and nothing is left (B7)", async (_, bytes) => {
    const result = await build("FROM BASE\nADD a.tar /d/\n", { "a.tar": bytes });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain("Dockerfile:2:1: archive:");
    await expectNothing();
  });

  test("writes through its own links only below its destination (B7)", async () => {
    const bytes = archive(
      symbolicLink("out", "/"),
      file("out/through-absolute", "x"),
      symbolicLink("up", "../../../../.."),
      file("up/through-relative", "x"),
      symbolicLink("context", "/from-0"),
      endMark,
    );
    const result = await build(
      "FROM BASE\nADD a.tar /d/\nRUN test -e /d/through-absolute && test -e /d/through-relative\n",
      {
        "a.tar": bytes,
      },
    );
    expect(result.stderr).not.toContain("through-absolute\n");
    expect(result.exitCode).toBe(0);
    for (const name of ["through-absolute", "through-relative"]) {
      expect(existsSync(`/${name}`)).toBe(false);
      expect(existsSync(host.homeOf(alice, name))).toBe(false);
    }
    await host.asUser(alice, ["cntnr", "image", "rm", "hostile"]);
  });

  test("cannot write into the context by a link to where the worker has it (B7)", async () => {
    const bytes = archive(symbolicLink("c", "/from-0"), directory("c/"), file("c/planted", "x"), endMark);
    const result = await build("FROM BASE\nADD a.tar /d/\n", { "a.tar": bytes });
    const planted = readdirSync(host.homeOf(alice)).filter((name) =>
      existsSync(host.homeOf(alice, name, "planted")),
    );
    expect(planted).toEqual([]);
    if (result.exitCode === 0) await host.asUser(alice, ["cntnr", "image", "rm", "hostile"]);
  });

  test("is no archive when only its beginning looks like one", async () => {
    const context = await makeContext(host, alice, {
      Dockerfile: `FROM ${base}\nADD a.gz b.xz /d/\nRUN test -f /d/a.gz && test -f /d/b.xz\n`,
    });
    const place = host.homeOf(alice, context.slice(alice.home.length));
    writeFileSync(join(place, "a.gz"), gzipSync("no tar at all"));
    await runChecked(["sh", "-c", `echo text | xz >${place}/b.xz`]);
    checked(["build"], await host.asUser(alice, ["cntnr", "build", "-q", context]));
  });
});

describe("an image that is built upon", () => {
  test("leads no file of ours out of it by its links", async () => {
    const layer = archive(
      directory("etc/"),
      symbolicLink("d", "../../../../../../../../tmp"),
      symbolicLink("w", "/proc/self/cwd"),
      symbolicLink("etc/passwd", "/proc/self/environ"),
      endMark,
    );
    const image = makeImage(join(host.directory, "links"), [layer]);
    await runChecked(["chmod", "-R", "a+rX", image.directory]);
    const into = await build(
      `FROM ${imageReference(image)}\nCOPY Dockerfile /d/cntnr-escaped\nCOPY Dockerfile /w/x\n`,
    );
    expect(into.exitCode).toBe(0);
    expect(existsSync("/tmp/cntnr-escaped")).toBe(false);
    const owner = await build(`FROM ${imageReference(image)}\nCOPY --chown=root Dockerfile /x\n`);
    expect(owner.stderr).toContain("neither name is known in the image");
    await host.asUser(alice, ["cntnr", "image", "rm", "hostile"]);
  });
});

describe("a Dockerfile made to do harm", () => {
  test.each([
    [
      "nested substitutions",
      `FROM BASE\nENV A=${"${A:-".repeat(20_000)}${"}".repeat(20_000)}\n`,
      "within each other",
    ],
    ["a here-document without end", `FROM BASE\nCOPY <<EOF /x\n${"x\n".repeat(1000)}`, "is not ended"],
    ["a stage of its own", "FROM a AS a\nCOPY --from=0 /x /y\n", "no stage 0 before this one"],
    [
      "a mount over a stage that comes later",
      "FROM BASE AS a\nRUN --mount=from=b,target=/x true\nFROM a AS b\n",
      "b",
    ],
    ["a working directory in /proc", "FROM BASE\nWORKDIR /proc/self/fd/7\nRUN true\n", "/proc"],
    ["a pattern that takes for ever", `FROM BASE\nCOPY ${"*a".repeat(60)}b /x/\nRUN false\n`, "exit code 1"],
  ])("%s ends with an error at its place", async (_, dockerfile, message) => {
    const result = await build(dockerfile, { [`${"a".repeat(200)}`]: "x" });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain("Dockerfile:");
    expect(result.stderr).toContain(message);
    await expectNothing();
  });

  test("shows no control characters of it on the terminal", async () => {
    const result = await build("FROM BASE\nRUN \u001b[31mfalse\u0007\n");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(result.stderr).not.toMatch(/[\u0000-\u0008\u000e-\u001f]/);
  });
});

test("a command of a build cannot reach the build's own files, nor the user's (B6)", async () => {
  const result = await build(
    "FROM BASE\nRUN --mount=type=bind,target=/c ! touch /c/x 2>/dev/null && ! mount -o remount,rw /c 2>/dev/null && test ! -e /home/cntnr-alice && cat /proc/self/mountinfo\n",
  );
  expect(result.exitCode).toBe(0);
  expect(readFileSync("/etc/passwd", "utf8")).toContain("cntnr-alice");
  await host.asUser(alice, ["cntnr", "image", "rm", "hostile"]);
});
