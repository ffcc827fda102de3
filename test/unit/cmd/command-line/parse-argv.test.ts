import { describe, expect, test } from "bun:test";
import { commands } from "../../../../cmd/cntnr/commands.ts";
import { type CommandSyntax, findCommand } from "../../../../cmd/command-line/command.ts";
import { HelpRequest, parseArguments } from "../../../../cmd/command-line/parse-argv.ts";

const command: CommandSyntax = {
  flags: [
    { name: "rm", summary: "" },
    { name: "tty", short: "t", summary: "" },
    { name: "interactive", short: "i", summary: "" },
    { name: "detach", short: "d", summary: "" },
    { name: "env", short: "e", value: "KEY=VALUE", repeatable: true, summary: "" },
    { name: "publish", short: "p", value: "PORT", repeatable: true, summary: "" },
    { name: "memory", short: "m", value: "BYTES", summary: "" },
    { name: "network", aliases: ["net"], value: "NAME", repeatable: true, summary: "" },
    { name: "hostname", short: "h", value: "NAME", summary: "" },
    { name: "pull", value: "WHEN", choices: ["always", "never"], summary: "" },
  ],
  positionals: [
    { name: "IMAGE", count: "one" },
    { name: "COMMAND", count: "any" },
  ],
  passThrough: true,
};
const parse = (...argv: string[]) => parseArguments(command, argv);

describe("flags", () => {
  test.each([
    [["-e", "A=b"]],
    [["-eA=b"]],
    [["-e=A=b"]],
    [["--env", "A=b"]],
    [["--env=A=b"]],
    [["-teA=b"]],
    [["-te", "A=b"]],
  ])("%j sets A to b", (words) => {
    expect(parse(...words, "image").values("env")).toEqual(["A=b"]);
  });

  test("switches in one word, of which the last takes a value", () => {
    const args = parse("-tip", "80:80", "image");
    expect([args.has("tty"), args.has("interactive"), args.values("publish")]).toEqual([
      true,
      true,
      ["80:80"],
    ]);
    expect(parse("-itd", "image").has("detach")).toBe(true);
    expect(parse("-p80:80", "image").values("publish")).toEqual(["80:80"]);
  });

  test("a switch can be switched off, and the last word counts", () => {
    expect(parse("--rm=false", "image").has("rm")).toBe(false);
    expect(parse("--rm", "--rm=false", "image").has("rm")).toBe(false);
    expect(parse("-t=0", "image").has("tty")).toBe(false);
    expect(() => parse("--rm=perhaps", "image")).toThrow("--rm");
  });

  test("a value may look like a flag", () => {
    expect(parse("--memory", "-1", "image").value("memory")).toBe("-1");
    expect(parse("-m", "-1", "image").value("memory")).toBe("-1");
    expect(parse("-e", "--rm", "image").values("env")).toEqual(["--rm"]);
  });

  test("an alias is the same flag", () => {
    expect(parse("--net", "a", "--network=b", "image").values("network")).toEqual(["a", "b"]);
  });

  test("-h is help, except where it is a flag", () => {
    expect(parse("-h", "box", "image").value("hostname")).toBe("box");
    expect(() => parse("--help")).toThrow(HelpRequest);
    const other = { ...command, flags: [] };
    expect(() => parseArguments(other, ["-h"])).toThrow(HelpRequest);
  });

  test.each([
    [["--nope", "image"], "unknown flag --nope"],
    [["-tz", "image"], "unknown flag -z in -tz"],
    [["-e"], "-e needs a value"],
    [["--pull", "perhaps", "image"], "not one of always, never"],
    [["--rm"], "IMAGE is missing"],
  ])("%j is refused with what is wrong", (words, problem) => {
    expect(() => parse(...words)).toThrow(problem);
  });
});

test("everything after the image is the container's", () => {
  const args = parse("--rm", "image", "sh", "--rm=false", "-c", "--", "-x");
  expect(args.has("rm")).toBe(true);
  expect(args.positionals).toEqual(["image", "sh", "--rm=false", "-c", "--", "-x"]);
  expect(parse("--", "image", "-t").positionals).toEqual(["image", "-t"]);
});

test("other commands take flags after their arguments", () => {
  const found = findCommand(commands, ["rm", "web", "-f", "--", "-x"]);
  if (!found) throw new Error("no command rm");
  const args = parseArguments(found.command, found.rest);
  expect([args.has("force"), args.positionals]).toEqual([true, ["web", "-x"]]);
});

test("docker's names for commands are found", () => {
  const pathOf = (...words: string[]) => findCommand(commands, words)?.command.path;
  expect(pathOf("images")).toBe("image ls");
  expect(pathOf("rmi", "x")).toBe("image rm");
  expect(pathOf("pull", "x")).toBe("image pull");
  expect(pathOf("image", "pull", "x")).toBe("image pull");
  expect(pathOf("container", "run")).toBe("run");
  expect(pathOf("image")).toBeUndefined();
});
