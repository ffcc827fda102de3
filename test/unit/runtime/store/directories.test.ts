import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { openDirectories } from "../../../../runtime/store/directories.ts";

let root: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "cntnr-directories-")));
  mkdirSync(join(root, "home"));
  mkdirSync(join(root, "run"));
  env = { HOME: join(root, "home"), XDG_RUNTIME_DIR: join(root, "run") };
});
afterEach(() => rmSync(root, { recursive: true }));

test("without flags they are below the home and the runtime directory", () => {
  const { data, run } = openDirectories({}, env);
  expect(data).toBe(join(root, "home/.local/share/cntnr"));
  expect(run).toBe(join(root, "run/cntnr"));
});

test("a given directory is absolute from then on, whatever directory we are started in", () => {
  const storeDir = join(root, "store");
  expect(openDirectories({ storeDir: relative(process.cwd(), storeDir) }, env).layers).toBe(
    join(storeDir, "layers"),
  );
});

test("what cannot be made is named, with the flag for another place", () => {
  writeFileSync(join(root, "file"), "");
  expect(() => openDirectories({ storeDir: join(root, "file/store") }, env)).toThrow(
    `the directory ${root}/file/store cannot be made (ENOTDIR: not a directory): --store-dir names another place`,
  );
  expect(() => openDirectories({ stateDir: join(root, "file") }, env)).toThrow("--state-dir names another");
  expect(() => openDirectories({ storeDir: "" }, env)).toThrow("--store-dir is empty");
});
