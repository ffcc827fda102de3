import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../../../runtime/process/run-command.ts";
import { type Directories, openDirectories } from "../../../../runtime/store/directories.ts";
import { removeLeftovers } from "../../../../runtime/store/remove-leftovers.ts";
import { replaceFile } from "../../../../runtime/store/replace-file.ts";
import { openTemporaryFile } from "../../../../runtime/store/temporary.ts";

const mappings = { uids: [], gids: [], subordinate: false };
const sources = join(import.meta.dirname, "../../../../runtime/store");
let root: string;
let directories: Directories;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cntnr-replace-"));
  directories = openDirectories({ storeDir: join(root, "data"), stateDir: join(root, "run") }, {});
});
afterEach(() => rmSync(root, { recursive: true }));

test("a file is replaced as a whole, for its owner alone, and nothing stays beside it", () => {
  const path = join(directories.images, "index.json");
  replaceFile(directories, path, "first");
  replaceFile(directories, path, "second");
  expect(readFileSync(path, "utf8")).toBe("second");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(directories.images)).toEqual(["index.json"]);
  expect(readdirSync(directories.tmp)).toEqual([]);
});

test("what a killed process was writing is cleared away; what somebody writes is not", async () => {
  const program = `
    const { openDirectories } = await import("${join(sources, "directories.ts")}");
    const { openTemporaryFile } = await import("${join(sources, "temporary.ts")}");
    openTemporaryFile(openDirectories(${JSON.stringify({ storeDir: directories.data, stateDir: directories.run })}, {}));
    process.kill(process.pid, "SIGKILL");`;
  await runCommand(process.execPath, ["-e", program], { timeoutMs: 60_000 });
  using held = openTemporaryFile(directories);
  writeFileSync(held.fd, "half");
  expect(readdirSync(directories.tmp)).toHaveLength(2);
  await removeLeftovers(directories, mappings);
  expect(readdirSync(directories.tmp).map((name) => join(directories.tmp, name))).toEqual([held.path]);
});

test("a file that cannot get its place leaves the old one and nothing half-made", () => {
  expect(() => replaceFile(directories, join(directories.images, "no/such/index.json"), "x")).toThrow(
    "ENOENT",
  );
  expect(readdirSync(directories.tmp)).toEqual([]);
});
