// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are the language under test
import { describe, expect, test } from "bun:test";
import { checkDockerfile, checkSettings } from "../../../../../runtime/build/dockerfile/check-dockerfile.ts";
import { parseDockerfile } from "../../../../../runtime/build/dockerfile/parse-dockerfile.ts";

const findings = (text: string) =>
  checkDockerfile(parseDockerfile("Dockerfile", text)).map(
    ({ rule, range }) => `${range.start.line} ${rule}`,
  );

describe("a Dockerfile is warned of", () => {
  test.each([
    ["FROM a AS Build", ["1 StageNameCasing"]],
    ["FROM a as build", ["1 FromAsCasing"]],
    ["from a as build\nrun x", []],
    ["FROM a\nrun x\nRUN y", ["2 ConsistentInstructionCasing"]],
    ["FROM a AS b\nFROM c AS B", ["2 StageNameCasing", "2 DuplicateStageName"]],
    ["FROM a AS scratch", ["1 ReservedStageName"]],
    ["FROM a\nRUN x \\\n\n  y", ["2 NoEmptyContinuation"]],
    ["FROM a\nRUN <<E\n\nx\nE", []],
    ["FROM a\nCMD x\nENTRYPOINT y", ["2 JSONArgsRecommended", "3 JSONArgsRecommended"]],
    ['FROM a\nSHELL ["sh", "-c"]\nCMD x', []],
    ["FROM a\nMAINTAINER me", ["2 MaintainerDeprecated"]],
    [
      "FROM a\nENV A b=c\nENV B=c d=e\nLABEL 'x y'=z\nLABEL l m",
      ["2 LegacyKeyValueFormat", "5 LegacyKeyValueFormat"],
    ],
    ['FROM a\nCMD ["x"]\nCMD ["y"]\nFROM b\nCMD ["z"]', ["2 MultipleInstructionsDisallowed"]],
    ["FROM a\nWORKDIR x\nWORKDIR y", ["2 WorkdirRelativePath"]],
    ["FROM a\nWORKDIR /x\nWORKDIR y", []],
    [
      "FROM a\nARG GITHUB_TOKEN\nENV DB_PASSWORD=1 PUBLIC_KEY=2 KEYBOARD=3",
      ["2 SecretsUsedInArgOrEnv", "3 SecretsUsedInArgOrEnv"],
    ],
    ["ARG V=1\nFROM a:$V\nFROM b:${W}\nFROM --platform=$BUILDPLATFORM c", ["3 UndefinedArgInFrom"]],
    ["ARG V\nFROM a:$V\nFROM a:${V:-1}", ["2 InvalidDefaultArgInFrom"]],
    ["FROM --platform=linux/amd64 a", ["1 FromPlatformFlagConstDisallowed"]],
    ["FROM --platform=$TARGETPLATFORM a", ["1 RedundantTargetPlatform"]],
    ["FROM a\nEXPOSE 80/TCP 81/udp", ["2 ExposeProtoCasing"]],
    ['FROM a AS b\nWORKDIR /w\nCOPY . .\nCMD ["x"]', []],
  ])("%j", (text, expected) => {
    expect(findings(text)).toEqual(expected);
  });
});

test("# check= takes rules out, all of them, or makes errors of warnings", () => {
  const text = "FROM a as B\nMAINTAINER me";
  expect(findings(`# check=skip=StageNameCasing,MaintainerDeprecated\n${text}`)).toEqual(["2 FromAsCasing"]);
  expect(findings(`# check=skip=all\n${text}`)).toEqual([]);
  expect(checkSettings("skip=A;error=true")).toEqual({ skipped: new Set(["A"]), isError: true });
  expect(checkSettings(undefined).isError).toBe(false);
});
