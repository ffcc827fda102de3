import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../runtime/process/run-command.ts";

const dist = join(import.meta.dirname, "../../dist");

/** A directory as somebody else may have prepared it: with files that a Bun would take orders from. */
function foreignDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "cntnr-foreign-"));
  writeFileSync(join(path, "bunfig.toml"), 'preload = ["./order.ts"]\n');
  writeFileSync(join(path, "order.ts"), 'console.log("code of the directory runs");\n');
  for (const name of [".env", ".env.local", ".env.production"])
    writeFileSync(join(path, name), "CNTNR_STORE=/of-the-directory\nXDG_DATA_HOME=/of-the-directory\n");
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test.each(["cntnr", "cntnr-netd"])("%s runs no code of the directory that it is started in", async (name) => {
  using directory = foreignDirectory();
  const result = await runCommand(join(dist, name), ["--version"], {
    cwd: directory.path,
    timeoutMs: 20_000,
  });
  expect(result).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^cntnr\S* \S+\n$/), stderr: "" });
});

test("takes no variables from files of the directory that it is started in", async () => {
  using directory = foreignDirectory();
  const env = { PATH: process.env.PATH, HOME: directory.path, XDG_RUNTIME_DIR: directory.path };
  const result = await runCommand(join(dist, "cntnr"), ["info"], {
    cwd: directory.path,
    env,
    timeoutMs: 20_000,
  });
  expect(result.stdout).toContain(directory.path);
  expect(result.stdout).not.toContain("of-the-directory");
});
