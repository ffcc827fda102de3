import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { IgnoreRules } from "../../../../../runtime/build/context/ignore-rules.ts";
import { compilePathPattern, PatternError } from "../../../../../runtime/build/context/path-pattern.ts";

const excludes = (text: string, path: string) => IgnoreRules.parse(".dockerignore", text).excludes(path);

describe("filepath.Match", () => {
  // From the documentation of Go's path/filepath: what the pattern's parts mean.
  test.each([
    ["abc", "abc", true],
    ["*", "abc", true],
    ["*c", "abc", true],
    ["a*", "ab/c", false],
    ["a*/b", "abc/b", true],
    ["a*b*c*d*e*/f", "axbxcxdxexxx/f", true],
    ["ab[c]", "abc", true],
    ["ab[b-d]", "abc", true],
    ["ab[^c]", "abc", false],
    ["ab[^e-g]", "abc", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "ab", false],
    ["a?b", "a☺b", true],
    ["a[^a]b", "a☺b", true],
    ["[a-ζ]*", "α", true],
    ["a?b", "a/b", false],
    ["a*b", "a/b", false],
    ["[\\]a]", "]", true],
    ["[\\-]", "-", true],
    ["[x\\-]", "z", false],
    ["arr[[]0].txt", "arr[0].txt", true],
    ["[^a]", "/", false],
    ["[b-a]", "a", false],
    ["a.(+$|{}", "a.(+$|{}", true],
  ] as const)("%s and %s: %p", (pattern, path, expected) => {
    expect(compilePathPattern(pattern, "none").test(path)).toBe(expected);
  });

  test.each(["[]a]", "[-]", "[x-]", "[-x]", "[", "[^", "[a", "a\\"])("%s is no pattern", (pattern) => {
    expect(() => compilePathPattern(pattern, "none")).toThrow(PatternError);
  });

  test("takes no longer for many stars", () => {
    const pattern = compilePathPattern(`${"*a".repeat(40)}b`, "none");
    const began = performance.now();
    expect(pattern.test("a".repeat(250))).toBe(false);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test("agrees with regular expressions about stars and directories", () => {
    const part = fc.constantFrom("a", "b", "*", "**", "/", "?");
    const path = fc.array(fc.constantFrom("a", "b", "/"), { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 7 }), path, (parts, text) => {
        const pattern = parts.join("").replace(/\*{3,}/g, "**");
        if (pattern.endsWith("**/")) return;
        const source = pattern.replace(
          /\*\*\/|\*\*|\*|\?/g,
          (token) => ({ "**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]" })[token] ?? "",
        );
        expect(compilePathPattern(pattern, "doubleStar").test(text)).toBe(
          new RegExp(`^${source}$`, "s").test(text),
        );
      }),
      { numRuns: 2000 },
    );
  });

  test("any text compiles or is said to be no pattern", () => {
    const part = fc.constantFrom("*", "?", "[", "]", "^", "-", "\\", "/", "a", "☺", "{", "(", ".");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.boolean(), (parts, isDouble) => {
        try {
          compilePathPattern(parts.join(""), isDouble ? "doubleStar" : "none");
        } catch (error) {
          expect(error).toBeInstanceOf(PatternError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe(".dockerignore", () => {
  test.each([
    ["*/temp*", "a/temporary.txt", true],
    ["*/temp*", "a/b/temp", false],
    ["temp?", "tempa", true],
    ["**/*.go", "a/b/c.go", true],
    ["**/*.go", "c.go", true],
    ["a/**/b", "a/b", true],
    ["a/**/b", "a/x/y/b", true],
    ["a/**", "a/x", true],
    ["a/**", "a", false],
    ["dir", "dir/sub/file", true],
    ["/dir/", "dir", true],
    ["./a/../b", "b", true],
    ["# dir", "# dir", false],
    ["\t dir \t", "dir", true],
    [".", "a", false],
    ["*\n!README.md", "README.md", false],
    ["*\n!README.md", "a.md", true],
    ["*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true],
    ["*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false],
    ["docs\n!docs/keep", "docs/keep/x", false],
    ["docs\n! docs/keep", "docs/other", true],
    ["a.c", "abc", false],
  ] as const)("%j and %s: %p", (text, path, expected) => {
    expect(excludes(text, path)).toBe(expected);
  });

  test("says whether an excluded directory may have something in it that is not", () => {
    const rules = IgnoreRules.parse(".dockerignore", "*\n!docs/*/keep\n!**/x.md");
    expect(IgnoreRules.parse("i", "*\n!docs/*/keep").excludesAllBelow("src")).toBe(true);
    expect(IgnoreRules.parse("i", "*\n!docs/*/keep").excludesAllBelow("docs/a")).toBe(false);
    expect(IgnoreRules.parse("i", "*\n!docs").excludesAllBelow("docs")).toBe(false);
    expect(rules.excludesAllBelow("src")).toBe(false);
  });

  test("errors name file and line", () => {
    expect(() => excludes("a\n[b", "x")).toThrow(".dockerignore:2:");
    expect(() => excludes("!", "x")).toThrow(".dockerignore:1: nothing stands after the !");
  });

  test("an exception for exactly a path always brings it back", () => {
    const name = fc.stringMatching(/^[a-z]{1,3}$/);
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
    fc.assert(
      fc.property(path, fc.array(path), (wanted, others) => {
        const rules = IgnoreRules.parse("i", `${others.join("\n")}\n*\n!${wanted}`);
        expect(rules.excludes(wanted)).toBe(false);
        const parent = wanted.split("/").slice(0, -1).join("/");
        if (parent !== "") expect(rules.excludesAllBelow(parent)).toBe(false);
      }),
    );
  });
});
