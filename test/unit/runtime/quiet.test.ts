import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const runtime = join(import.meta.dirname, "../../../runtime");
const printing = new Set(["stdout", "stderr", "exit", "exitCode", "abort", "reallyExit"]);

/** What a file of the library must not do: print by itself, or end the process of the program that uses it. */
function disturbances(name: string, text: string): string[] {
  // Most files have none of these words, and to parse all of them takes seconds.
  if (!/\b(?:console|stdout|stderr|exit|exitCode|abort|reallyExit|write|writeSync)\b/.test(text)) return [];
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isDisturbing(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      found.push(`${name}:${line + 1}: ${node.getText(source)}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isDisturbing(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) {
    const object = node.expression.getText();
    const property = node.name.text;
    if (object === "console") return true;
    if (object === "process" || object === "globalThis.process") return printing.has(property);
    return object === "Bun" && (property === "stdout" || property === "stderr");
  }
  // writeSync(1, ...), write(2, ...): descriptors that are not the library's to choose.
  if (!ts.isCallExpression(node) || !/^(?:fs\.)?write(?:Sync)?$/.test(node.expression.getText()))
    return false;
  return /^[12]$/.test(node.arguments[0]?.getText() ?? "");
}

describe("the library", () => {
  test("never prints and never ends the process", () => {
    const files = readdirSync(runtime, { recursive: true, encoding: "utf8" }).filter((path) =>
      path.endsWith(".ts"),
    );
    expect(files.length).toBeGreaterThan(200);
    expect(files.flatMap((path) => disturbances(path, readFileSync(join(runtime, path), "utf8")))).toEqual(
      [],
    );
  });

  test.each([
    "console.log(1)",
    "process.exit(1)",
    "process.exitCode = 1",
    'process.stdout.write("x")',
    'process["std" + "out"]; process.stderr',
    'writeSync(1, "x")',
    "write(2, bytes, () => undefined)",
    "await Bun.write(Bun.stdout, bytes)",
  ])("would be told of `%s`", (text) => {
    expect(disturbances("x.ts", text)).not.toEqual([]);
  });
});
