// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are the language under test
import { describe, expect, test } from "bun:test";
import { parseDockerfile } from "../../../../../runtime/build/dockerfile/parse-dockerfile.ts";
import { evaluate } from "../../../../../runtime/build/plan/evaluate.ts";
import type { Operation } from "../../../../../runtime/build/plan/operation.ts";
import type { StageState } from "../../../../../runtime/build/plan/scope.ts";

const empty: StageState = { settings: {}, args: new Map(), hasOwnCmd: false };

function follow(text: string, buildArgs: Record<string, string> = {}, begin: StageState = empty) {
  const operations: Operation[] = [];
  let state = begin;
  for (const instruction of parseDockerfile("d", `FROM scratch\n${text}`).stages[0]?.instructions ?? []) {
    const evaluated = evaluate(instruction, state, {
      buildArgs: new Map(Object.entries(buildArgs)),
      globalArgs: new Map([["GLOBAL", "global"]]),
      escape: "\\",
      network: "host",
    });
    state = evaluated.state;
    if (evaluated.operation) operations.push(evaluated.operation);
  }
  return { state, operations, settings: state.settings };
}

describe("variables", () => {
  test("of one instruction have the values from before it", () => {
    expect(follow("ENV abc=hello\nENV abc=bye def=$abc\nENV ghi=$abc").settings.Env).toEqual([
      "abc=bye",
      "def=hello",
      "ghi=bye",
    ]);
  });

  test("come from ENV, then ARG with the command line's value, its default or the global one", () => {
    const text =
      "USER ${u:-some}\nARG u=me\nARG GLOBAL v=1\nARG none\nENV u2=$u g=$GLOBAL v=$v n=${none-unset}";
    expect(follow(text).settings).toMatchObject({
      User: "some",
      Env: ["u2=me", "g=global", "v=1", "n=unset"],
    });
    expect(follow(text, { u: "you", none: "", v: "2" }).settings.Env).toEqual([
      "u2=you",
      "g=global",
      "v=2",
      "n=",
    ]);
  });

  test("that a command gets: arguments below ENV; proxies without an ARG apart", () => {
    const { operations } = follow("ARG a=1\nARG b=arg\nENV b=env\nRUN x", { HTTP_PROXY: "p", no_proxy: "n" });
    expect(operations).toMatchObject([
      { env: ["a=1", "b=env"], quietEnv: ["HTTP_PROXY=p", "no_proxy=n"], argv: ["/bin/sh", "-c", "x"] },
    ]);
    expect(follow("ARG HTTP_PROXY\nRUN x", { HTTP_PROXY: "p" }).operations).toMatchObject([
      { env: ["HTTP_PROXY=p"], quietEnv: [] },
    ]);
  });
});

describe("settings", () => {
  test("ENTRYPOINT resets a CMD from below, and not one of this stage", () => {
    const below: StageState = { ...empty, settings: { Cmd: ["old"] } };
    expect(follow('ENTRYPOINT ["e"]', {}, below).settings).toEqual({ Entrypoint: ["e"] });
    expect(follow('CMD ["c"]\nENTRYPOINT ["e"]', {}, below).settings).toEqual({
      Cmd: ["c"],
      Entrypoint: ["e"],
    });
  });

  test("SHELL is that of what comes after it", () => {
    const { settings, operations } = follow('CMD a\nSHELL ["/bin/bash", "-ec"]\nRUN b\nENTRYPOINT c');
    expect(settings).toMatchObject({ Cmd: ["/bin/sh", "-c", "a"], Entrypoint: ["/bin/bash", "-ec", "c"] });
    expect(operations).toMatchObject([{ argv: ["/bin/bash", "-ec", "b"] }]);
  });

  test("ports, volumes, labels and triggers add up", () => {
    const { settings } = follow(
      'ENV P="80 81/UDP"\nEXPOSE $P 7000-7001\nVOLUME /a\nVOLUME ["/b c"]\nLABEL x=1 y=$P\nLABEL x=2\nONBUILD RUN a\nONBUILD COPY b c',
    );
    expect(settings).toMatchObject({
      ExposedPorts: { "80/tcp": {}, "81/udp": {}, "7000/tcp": {}, "7001/tcp": {} },
      Volumes: { "/a": {}, "/b c": {} },
      Labels: { x: "2", y: "80 81/UDP" },
      OnBuild: ["RUN a", "COPY b c"],
    });
  });

  test.each([
    ["EXPOSE 99999", "not a port"],
    ["STOPSIGNAL SIGNONE", "no such signal"],
    ["WORKDIR $NONE", "nothing is left"],
    ["USER ''", "nothing is left"],
    ["RUN []", "nothing to run"],
    ["ADD --checksum=sha256:1 http://a/b /c", "64 hexadecimal digits"],
    ["ADD --checksum=abc a /c", "for one source"],
    ["COPY http://a/b /c", "COPY takes no URLs"],
    ["COPY a b /c", "written with a slash at its end (/c/)"],
    ["ENV T=none\nRUN --mount=type=$T,target=/x y", "is not a type of mount"],
  ])("%s is refused", (text, message) => {
    expect(() => follow(text)).toThrow(message);
  });
});

describe("files", () => {
  test("go where the working directory and the destination say", () => {
    const { operations } = follow(
      "WORKDIR /a\nWORKDIR b/../c/\nCOPY x y\nCOPY x .\nCOPY x d/\nADD x /e/../f/",
    );
    expect(operations).toMatchObject([
      { kind: "directory", path: "/a" },
      { kind: "directory", path: "/a/c" },
      { destination: "/a/c/y" },
      { destination: "/a/c/" },
      { destination: "/a/c/d/" },
      { destination: "/f/", isAdd: true },
    ]);
  });

  test("of ADD are what they look like", () => {
    const { operations } = follow("ADD http://h/x.tgz https://h/r.git#v1:sub git@h:u/r.git file /d/");
    expect(operations).toMatchObject([
      {
        items: [
          { kind: "url", url: "http://h/x.tgz" },
          { kind: "git", remote: "https://h/r.git", ref: "v1", subdirectory: "sub" },
          { kind: "git", remote: "git@h:u/r.git", ref: "", subdirectory: "" },
          { kind: "path", path: "file" },
        ],
      },
    ]);
  });
});
