import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parseModeChange } from "../../../../../runtime/build/tree/mode-change.ts";
import { resolveInRoot } from "../../../../../runtime/build/tree/root-path.ts";
import { hidesNothing, select } from "../../../../../runtime/build/tree/select-sources.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "cntnr-root-"));
  mkdirSync(join(root, "real/sub"), { recursive: true });
  writeFileSync(join(root, "real/file"), "");
  for (const [path, target] of [
    ["absolute", "/real"],
    ["up", "../../../../real/sub"],
    ["real/back", ".."],
    ["dangling", "/none/there"],
    ["circle", "circle2"],
    ["circle2", "circle"],
    ["escape", "/etc"],
  ] as const)
    symlinkSync(target, join(root, path));
});
afterAll(() => rmSync(root, { recursive: true }));

describe("a path in a root", () => {
  test.each([
    ["absolute/file", "real/file"],
    ["up/../file", "real/file"],
    ["real/back/real/sub", "real/sub"],
    ["../../real/./sub//", "real/sub"],
    ["absolute/back/up", "real/sub"],
    ["/", ""],
  ])("%s leads to %s", (path, expected) => {
    expect(resolveInRoot(root, path, "follow")).toMatchObject({ kind: "there", path: expected });
  });

  test("that is not there is where it would be", () => {
    expect(resolveInRoot(root, "absolute/new/x", "follow")).toEqual({
      kind: "missing",
      path: "real/new/x",
      existing: 1,
    });
    expect(resolveInRoot(root, "dangling/x", "follow")).toEqual({
      kind: "missing",
      path: "none/there/x",
      existing: 0,
    });
    expect(resolveInRoot(root, "escape/passwd", "follow")).toMatchObject({
      kind: "missing",
      path: "etc/passwd",
    });
    expect(resolveInRoot(root, "escape", "keep")).toMatchObject({ kind: "there", path: "escape" });
  });

  test("through links in a circle or a file is an error", () => {
    expect(() => resolveInRoot(root, "circle/x", "follow")).toThrow("too many links");
    expect(() => resolveInRoot(root, "real/file/x", "follow")).toThrow("is not a directory");
  });

  test("never leads out of it (B7)", () => {
    const part = fc.constantFrom(
      "..",
      ".",
      "absolute",
      "up",
      "real",
      "back",
      "escape",
      "dangling",
      "sub",
      "passwd",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), (parts) => {
        const { path } = resolveInRoot(root, parts.join("/"), "follow");
        expect(path.startsWith("/") || path.split("/").includes("..")).toBe(false);
      }),
    );
  });
});

test("sources are one path or what a pattern matches, under the name that they were asked for by", () => {
  const found = (pattern: string) => select(root, pattern, hidesNothing, "plain").map(({ path }) => path);
  expect(found("absolute/file")).toEqual(["real/file"]);
  expect(found("rea?/*")).toEqual(["", "real/file", "real/sub"]);
  expect(found("none*")).toEqual([]);
  expect(() => found("none")).toThrow('"/none" is not there');
  expect(() => found("[x")).toThrow("is not a pattern");
  expect(select(root, "absolute", hidesNothing, "plain")).toEqual([
    { path: "real", writtenPath: "absolute" },
  ]);
});

describe("modes", () => {
  test.each([
    ["755", 0o600, false, 0o755],
    ["u=rwX,go=rX", 0o600, false, 0o644],
    ["u=rwX,go=rX", 0o700, false, 0o755],
    ["u=rwX,go=rX", 0o600, true, 0o755],
    ["+x", 0o644, false, 0o755],
    ["g=u", 0o640, false, 0o660],
    ["o-rwx,g+s", 0o757, true, 0o2750],
    ["a=r", 0o777, false, 0o444],
    ["u+s,+t", 0o755, false, 0o5755],
    ["ug+w-x", 0o555, false, 0o665],
  ] as const)("%s makes of %o (directory: %p) %o", (text, mode, isDirectory, expected) => {
    expect(parseModeChange(text)?.apply(mode, isDirectory)).toBe(expected);
  });

  test("agree with chmod(1)", () => {
    const clause = fc.tuple(
      fc.constantFrom("u", "g", "o", "a", "ug", "go"),
      fc.constantFrom("+", "-", "="),
      fc.constantFrom("r", "w", "x", "X", "rw", "rwx", "u", "g", "o", ""),
    );
    const cases = fc.sample(fc.tuple(clause, fc.integer({ min: 0, max: 0o777 })), 150);
    const script = cases.map(
      ([words, mode]) => `chmod ${mode.toString(8)} f && chmod ${words.join("")} f && stat -c %a f`,
    );
    const { stdout } = Bun.spawnSync(["sh", "-c", `cd ${root} && : >f && ${script.join("\n")}`]);
    const ours = cases.map(([words, mode]) =>
      parseModeChange(words.join(""))?.apply(mode, false).toString(8),
    );
    expect(ours).toEqual(stdout.toString().trim().split("\n"));
  });

  test.each(["", "9", "77777", "x", "u", "u=q", "755,", "rwx"])("%p is none", (text) => {
    expect(parseModeChange(text)).toBeUndefined();
  });
});
