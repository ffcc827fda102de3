import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../../../runtime/process/run-command.ts";
import { openDirectories } from "../../../../runtime/store/directories.ts";

let root: string;
let data: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cntnr-format-"));
  data = join(root, "data");
});
afterEach(() => rmSync(root, { recursive: true }));

const open = () => openDirectories({ storeDir: data, stateDir: join(root, "run") }, {});
const stamp = (text: string) => {
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(data, "format"), text);
};

test("a new store is stamped, and one without a stamp, which is left as it is", () => {
  mkdirSync(join(data, "images"), { recursive: true, mode: 0o700 });
  writeFileSync(join(data, "images/index.json"), "{}");
  open();
  expect(readFileSync(join(data, "format"), "utf8")).toBe("1\n");
  expect(readFileSync(join(data, "images/index.json"), "utf8")).toBe("{}");
  open();
});

test("a store of a newer program is refused, and not touched", () => {
  stamp("2\n");
  expect(open).toThrow(
    `${data} was written by a newer cntnr (format 2; this one knows 1): use that one, or another store (--store-dir)`,
  );
  expect(readdirSync(data)).toEqual(["format"]);
});

test.each(["", "one", "-1", "1.5", "1\n2"])("the stamp %p is damaged", (text) => {
  stamp(text);
  expect(open).toThrow("is damaged: it says which format the store has");
});

test("the first commands of a user may come at the same time", async () => {
  const source = join(import.meta.dirname, "../../../../runtime/store/directories.ts");
  for (let round = 0; round < 5; round++) {
    const options = { storeDir: join(root, `data-${round}`), stateDir: join(root, `run-${round}`) };
    // Each waits for the same moment.
    const program = `
      const { openDirectories } = await import("${source}");
      while (Date.now() < ${Date.now() + 400});
      openDirectories(${JSON.stringify(options)}, {});`;
    const results = await Promise.all(
      Array.from({ length: 4 }, () => runCommand(process.execPath, ["-e", program], { timeoutMs: 60_000 })),
    );
    for (const result of results) expect(result).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    expect(readFileSync(join(options.storeDir, "format"), "utf8")).toBe("1\n");
    expect(readdirSync(options.storeDir).filter((name) => name.startsWith("format"))).toEqual(["format"]);
  }
});
