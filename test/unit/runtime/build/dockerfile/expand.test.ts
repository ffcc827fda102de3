// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are the language under test
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type ExpandOptions,
  expandWord,
  expandWords,
  SubstitutionError,
} from "../../../../../runtime/build/dockerfile/expand.ts";

const values: Record<string, string> = {
  full: "value",
  empty: "",
  path: "foobarbaz",
  list: "a b",
  star: "a*b",
};
const options: ExpandOptions = { escape: "\\", lookup: (name) => values[name] };
const expand = (text: string) => expandWord(text, options);

test.each([
  ["$full-$full", "value-value"],
  ["${full}_x", "value_x"],
  ["$nothing.", "."],
  ["$", "$"],
  ["a$.b", "a$.b"],
  ["\\$full \\${full}", "$full ${full}"],
  ["'$full'", "$full"],
  ['"$full \\"x\\" \\n"', 'value "x" \\n'],
  ["Rex\\ The\\ Dog", "Rex The Dog"],
  ["${empty:-word}${empty-word}", "word"],
  ["${nothing:-word}${nothing-word}", "wordword"],
  ["${full:+word}${empty:+word}${empty+set}${nothing+set}", "wordset"],
  ["${nothing:-${full}}", "value"],
  ["${nothing:-'a } b'}", "a } b"],
  ["${full?no}${full:?no}", "valuevalue"],
  ["${path#f*b}", "arbaz"],
  ["${path##f*b}", "az"],
  ["${path%b*}", "foobar"],
  ["${path%%b*}", "foo"],
  ["${path/ba/fo}", "fooforbaz"],
  ["${path//ba/fo}", "fooforfoz"],
  ["${path//?/x}", "xxxxxxxxx"],
  ["${star/\\*/-}", "a-b"],
  ["${nothing#x}${nothing/x/y}", ""],
  ["${path/$nothing/x}", "foobarbaz"],
] as const)("%s becomes %s", (text, expected) => {
  expect(expand(text)).toBe(expected);
});

test.each([
  ["${full", "not closed"],
  ["${}", "no name"],
  ["${full!x}", "no such operator"],
  ["${full:=x}", "no such operator"],
  ["${nothing?}", "nothing: is not allowed to be unset"],
  ["${empty:?say why}", "empty: say why"],
  ["'a", "single quote"],
  ['"a', "double quote"],
  ["${full/x}", "no / after"],
] as const)("%s is an error", (text, message) => {
  expect(() => expand(text)).toThrow(message);
});

describe("words", () => {
  test("are split at white space, that of values, too, but not in quotes", () => {
    expect(expandWords(`x $list "$list" ''`, options)).toEqual(["x", "a", "b", "a b", ""]);
    expect(expandWords("  ", options)).toEqual([]);
  });
});

test("a here-document's text keeps its quotes, and its escapes but for those of a dollar", () => {
  const text = `it's "$full" \\$full \\n \\\\`;
  expect(expandWord(text, { ...options, quoting: "kept" })).toBe(`it's "value" $full \\n \\`);
});

test("for any text there is a result or an error that says why", () => {
  const part = fc.constantFrom(
    "$",
    "{",
    "}",
    ":",
    "-",
    "+",
    "?",
    "#",
    "%",
    "/",
    "*",
    "'",
    '"',
    "\\",
    "full",
    "x",
    " ",
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 25 }), (parts) => {
      try {
        expandWord(parts.join(""), options);
      } catch (error) {
        expect(error).toBeInstanceOf(SubstitutionError);
      }
    }),
    { numRuns: 2000 },
  );
});

test("text without special characters stays as it is", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[^$'"\\]*$/), (text) => {
      expect(expand(text)).toBe(text);
    }),
  );
});

test("removing and replacing agree with bash", () => {
  const pattern = fc.stringMatching(/^[ab*?]{1,5}$/);
  const text = fc.stringMatching(/^[ab]{1,8}$/);
  const operators = ["#", "##", "%", "%%"] as const;
  const samples = fc.sample(fc.tuple(text, pattern, fc.constantFrom(...operators)), 200);
  const script = samples
    .map(([value, glob, operator]) => `v=${value}; echo "\${v${operator}${glob}}."`)
    .join("\n");
  const { stdout } = Bun.spawnSync(["bash", "-c", script]);
  const ours = samples.map(([value, glob, operator]) =>
    expandWord(`\${v${operator}${glob}}`, { escape: "\\", lookup: () => value }),
  );
  expect(ours).toEqual(stdout.toString().replaceAll(".", "").split("\n").slice(0, -1));
});
