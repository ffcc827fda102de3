// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are the language under test
import { expect, test } from "bun:test";
import { type StepFlag, stepsFromFlags } from "../../../../../runtime/build/plan/steps-from-flags.ts";

const steps = (...flags: [StepFlag["name"], string][]) =>
  stepsFromFlags(
    "debian",
    "me",
    flags.map(([name, value]) => ({ name, value })),
    "/cwd",
  );

test("flags are steps in their order, with their own places for errors", () => {
  const { dockerfile } = steps(["run", "a && b"], ["run", '["c", "d e"]'], ["cmd", `x 'y z' "w\\"v"`]);
  const [stage] = dockerfile.stages;
  expect(stage?.from).toMatchObject({ image: "debian", range: { start: { line: 1, column: 1 } } });
  expect(stage?.instructions).toMatchObject([
    { kind: "maintainer", value: "me" },
    { kind: "run", command: { form: "shell", text: "a && b" }, range: { start: { line: 3 } } },
    { kind: "run", command: { form: "exec", argv: ["c", "d e"] } },
    { kind: "cmd", command: { form: "exec", argv: ["x", "y z", 'w"v'] } },
  ]);
  expect(dockerfile.source.lines[2]).toBe("--run a && b");
});

test("what they say is not substituted in again", () => {
  const { dockerfile } = steps(["env", "A=$B ${C} 'q' \\x"], ["label", "k=v"]);
  expect(dockerfile.stages[0]?.instructions.slice(1)).toMatchObject([
    { pairs: [{ key: "A", value: "\\$B \\${C} \\'q\\' \\\\x" }] },
    { pairs: [{ key: "k", value: "v" }] },
  ]);
});

test("files are taken from where they are, to a destination with an owner", () => {
  const { dockerfile, directories } = steps(
    ["add", "a/b.tgz /x:1:2"],
    ["copy", "../c /d/e f"],
    ["add", "https://h/u /y"],
    ["copy", "one"],
  );
  expect(dockerfile.stages[0]?.instructions.slice(1)).toMatchObject([
    { kind: "add", sources: [{ text: "b.tgz" }], destination: "/x", flags: { from: "host-0", chown: "1:2" } },
    { kind: "copy", sources: [{ text: "c" }], destination: "f/", flags: { from: "host-1" } },
    { kind: "copy", sources: [{ text: "e" }], destination: "f/", flags: { from: "host-2" } },
    { kind: "add", sources: [{ text: "https://h/u" }], flags: { exclude: [] } },
    { kind: "copy", sources: [{ text: "one" }], destination: "./" },
  ]);
  expect([...directories.values()]).toEqual(["/cwd/a", "/", "/d", "/cwd"]);
});

test.each([
  ["env", "A", "NAME=VALUE"],
  ["run", "", "is empty"],
  ["cmd", "'x", "a quotation is not ended"],
  ["add", "a b:c:d:e", "SOURCE... DESTINATION"],
] as const)("--%s '%s' is refused", (name, value, message) => {
  expect(() => steps([name, value])).toThrow(message);
});
