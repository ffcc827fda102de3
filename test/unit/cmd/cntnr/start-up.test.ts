import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const root = join(import.meta.dirname, "../../../..");
const commands = join(root, "cmd/cntnr");
/** What the engine loads when these commands call it, in runtime/. `start` starts a program, conmon, and needs one of the slow modules for that. */
const loadedOnUse: Readonly<Record<string, readonly string[]>> = {
  run: ["container/run-container.ts"],
  exec: ["exec/exec-container.ts"],
  ps: ["container/sweep.ts", "engine/container.ts"],
  create: ["container/create-container.ts"],
  stop: ["container/end-container.ts"],
  rm: ["container/end-container.ts"],
  logs: ["container/container-log.ts"],
};

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
  const onUse = (loadedOnUse[command] ?? []).map((path) => join(root, "runtime", path));
  const files = [join(commands, "main.ts"), join(commands, `${command}.ts`), ...onUse];
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
