import { expect, test } from "bun:test";
import { join } from "node:path";
import { runCommand } from "../../../../runtime/process/run-command.ts";

const main = join(import.meta.dirname, "../../../../cmd/cntnr/main.ts");

test("an error is a line for a person, and moves no cursor and colours nothing, whatever it quotes", async () => {
  const result = await runCommand(process.execPath, [main, "\u001b[31mred\u0007"], { timeoutMs: 60_000 });
  expect(result).toMatchObject({
    exitCode: 125,
    stdout: "",
    stderr: "cntnr: there is no command \\u001b[31mred\\u0007 (see `cntnr --help`)\n",
  });
});
