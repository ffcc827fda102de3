import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../../../runtime/process/run-command.ts";

test("why a call has failed is known in a root without /proc, also while the engine makes room", async () => {
  const root = mkdtempSync(join(tmpdir(), "cntnr-empty-root-"));
  try {
    const file = join(root, "file");
    writeFileSync(file, "");
    const program = join(import.meta.dirname, "../../../fixtures/errors-in-empty-root.ts");
    const own = ["--user", "--map-root-user", process.execPath, program, root, file];
    const { stdout, stderr } = await runCommand("unshare", own, { timeoutMs: 120_000 });
    expect({ stdout, stderr }).toEqual({ stdout: "0\n", stderr: "" });
  } finally {
    rmSync(root, { recursive: true });
  }
}, 130_000);
