// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are the language under test
import { describe, expect, test } from "bun:test";
import { parseDockerfile } from "../../../../../runtime/build/dockerfile/parse-dockerfile.ts";
import { isPlatform, ownPlatform, platformText } from "../../../../../runtime/build/plan/platform.ts";
import { resolveStages } from "../../../../../runtime/build/plan/resolve-stages.ts";
import { unusedArguments } from "../../../../../runtime/build/plan/unused-arguments.ts";

const platform = ownPlatform("x64");

function resolve(text: string, args: Record<string, string> = {}, target?: string) {
  return resolveStages(parseDockerfile("Dockerfile", text), {
    buildArgs: new Map(Object.entries(args)),
    platform,
    contexts: new Set(["ctx", "alpine", "docker.io/user/app:latest"]),
    ...(target === undefined ? {} : { target }),
  });
}

describe("stages", () => {
  test("are based on earlier stages, contexts, images or nothing", () => {
    const { stages } = resolve(
      "FROM a AS one\nFROM ONE AS two\nFROM two\nFROM scratch\nFROM ctx\nFROM three",
    );
    expect(stages.map(({ base }) => base)).toEqual([
      { kind: "image", name: "a" },
      { kind: "stage", index: 0 },
      { kind: "stage", index: 1 },
      { kind: "scratch" },
      { kind: "context", name: "ctx" },
      { kind: "image", name: "three" },
    ]);
  });

  test("are based on a context in the place of an image, however much of its name is written", () => {
    const { stages } = resolve(
      "FROM alpine:latest\nFROM docker.io/library/alpine\nFROM user/app\nFROM alpine:3\nFROM docker.io/alpine",
    );
    expect(stages.map(({ base }) => base)).toEqual([
      { kind: "context", name: "alpine" },
      { kind: "context", name: "alpine" },
      { kind: "context", name: "docker.io/user/app:latest" },
      { kind: "image", name: "alpine:3" },
      { kind: "context", name: "alpine" },
    ]);
  });

  test("have arguments in their base, of the command line before the default", () => {
    const text = "ARG T=1\nARG U=x$T\nARG NONE\nFROM --platform=$BUILDPLATFORM a:${U}${NONE:-}-$TARGETARCH";
    expect(resolve(text).stages[0]?.base).toEqual({ kind: "image", name: "a:x1-amd64" });
    expect(resolve(text, { T: "2" }).stages[0]?.base).toEqual({ kind: "image", name: "a:x2-amd64" });
    expect(() => resolve("ARG X\nFROM $X")).toThrow("nothing is left");
    expect(() => resolve("FROM ${X?missing}")).toThrow("X: missing");
    expect(() => resolve("FROM --platform=linux/s390x a")).toThrow("this machine is linux/amd64");
  });

  test("are needed as far as the target needs them", () => {
    const text =
      "FROM a AS base\nFROM base AS unused\nFROM b AS tool\nFROM base AS app\nRUN --mount=from=tool,target=/t x\nFROM app AS test\nCOPY --from=1 /x /\nFROM app AS last\nCOPY --from=img /a /";
    const needed = (target?: string) => [...resolve(text, {}, target).needed].sort();
    expect(needed()).toEqual([0, 2, 3, 5]);
    expect(needed("TEST")).toEqual([0, 1, 2, 3, 4]);
    expect(needed("2")).toEqual([2]);
    expect(() => needed("none")).toThrow(
      "there is no stage none (there are base, unused, tool, app, test, last)",
    );
    expect(() => resolve("FROM a\nCOPY --from=3 x y")).toThrow("no stage 3 before this one");
    expect(() => resolve("FROM a\nARG F\nCOPY --from=$F x y")).toThrow("no variables here");
  });
});

test("build arguments that no ARG names are found", () => {
  const dockerfile = parseDockerfile("d", "ARG A\nFROM x\nARG B C=1");
  const names = ["A", "B", "C", "D", "http_proxy", "SOURCE_DATE_EPOCH", "BUILDKIT_X"];
  const given = new Map(names.map((name) => [name, "1"]));
  expect(unusedArguments(dockerfile, given)).toEqual(["D"]);
});

test("platforms are compared by their meaning", () => {
  expect(platformText(ownPlatform("arm"))).toBe("linux/arm/v7");
  for (const text of ["linux/amd64", "linux", "amd64", "linux/x86_64"])
    expect(isPlatform(text, platform)).toBe(true);
  for (const text of ["windows/amd64", "linux/arm64", "arm"]) expect(isPlatform(text, platform)).toBe(false);
  expect(isPlatform("linux/arm64/v8", ownPlatform("arm64"))).toBe(true);
});
