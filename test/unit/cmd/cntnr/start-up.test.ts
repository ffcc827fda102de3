import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const commands = join(import.meta.dirname, "../../../../cmd/cntnr");

/** Each of them takes one to three milliseconds to load, on the way of every start. */
const slowModules = [
  "node:child_process",
  "node:crypto",
  "node:http",
  "node:net",
  "node:readline",
  "node:stream",
  "node:tls",
  "node:util",
  "node:zlib",
  "@grpc/grpc-js",
  "ajv",
  "protobufjs",
];

/** What a file imports and is loaded with it: not types, and not what is loaded by import() when it is needed. */
function importsOf(file: string): string[] {
  const imports = readFileSync(file, "utf8").matchAll(
    /^(?:import|export) (?!type\b)(?:([^;"]*?) from )?"([^"]+)";/gm,
  );
  return [...imports].flatMap(([, names = "", module = ""]) => {
    const named = /^\{(.*)\}$/s
      .exec(names.trim())?.[1]
      ?.split(",")
      .filter((name) => name.trim() !== "");
    const isTypesOnly = named?.every((name) => name.trim().startsWith("type "));
    return isTypesOnly ? [] : [module];
  });
}

/** Slow modules that are loaded with a command, with the file that asks for each. */
function slowImportsOf(command: string): string[] {
  const files = [join(commands, "main.ts"), join(commands, `${command}.ts`)];
  const seen = new Set(files);
  const slow: string[] = [];
  for (const file of files)
    for (const module of importsOf(file)) {
      if (slowModules.includes(module)) slow.push(`${file}: ${module}`);
      const path = resolve(dirname(file), module);
      if (!module.startsWith(".") || seen.has(path)) continue;
      seen.add(path);
      files.push(path);
    }
  return slow;
}

test.each(["run", "exec", "ps", "internal-exited", "create", "start", "stop", "rm", "logs"])(
  "%s starts without modules that take long to load",
  (command) => {
    expect(slowImportsOf(command)).toEqual([]);
  },
);
