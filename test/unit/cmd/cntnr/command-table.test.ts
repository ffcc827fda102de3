import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "../../../../cmd/cntnr/program.ts";
import { commandHelp, groupHelp, overview } from "../../../../cmd/command-line/help.ts";
import { runCommand } from "../../../../runtime/process/run-command.ts";

const { commands } = program;

test("every command can be loaded, and no two share a name or a flag", async () => {
  const names = commands.flatMap(({ path, aliases = [] }) => [path, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const command of commands) {
    expect(typeof (await command.load())).toBe("function");
    const words = command.flags.flatMap(({ name, short, aliases = [] }) => [
      name,
      ...aliases,
      ...(short ? [short] : []),
    ]);
    expect(new Set(words).size).toBe(words.length);
  }
});

describe("help", () => {
  test("lists what is for people, and nothing else", () => {
    expect(overview(program)).toContain("  run ");
    expect(overview(program)).not.toContain("internal-");
    expect(overview(program)).not.toContain("oci-hook");
    expect(groupHelp(program, "image")).toContain("image pull");
  });

  test("of a command names each of its flags and gives an example", () => {
    for (const command of commands) {
      const help = commandHelp(program, command);
      for (const flag of command.flags) expect(help).toContain(`--${flag.name}`);
      expect(help).toContain("example:");
    }
  });
});

describe("completion", () => {
  const main = join(import.meta.dirname, "../../../../cmd/cntnr/main.ts");
  const scriptFor = async (shell: string) =>
    (await runCommand(process.execPath, [main, "completion", shell], { timeoutMs: 20_000 })).stdout;

  test("bash completes commands, flags and the words of a group", async () => {
    const directory = mkdtempSync(join(tmpdir(), "cntnr-completion-"));
    try {
      writeFileSync(join(directory, "script"), await scriptFor("bash"));
      const complete = async (...words: string[]) => {
        const script = `. ${directory}/script; COMP_WORDS=(cntnr "$@"); COMP_CWORD=$#; _cntnr; echo "\${COMPREPLY[*]}"`;
        const result = await runCommand("bash", ["-c", script, "bash", ...words], { timeoutMs: 20_000 });
        expect(result.stderr).toBe("");
        return result.stdout.trim().split(" ");
      };
      expect(await complete("ru")).toEqual(["run"]);
      expect(await complete("image", "pu")).toEqual(["pull", "push"]);
      expect(await complete("image", "r")).toEqual(["rm", "remove"]);
      expect(await complete("run", "--ent")).toEqual(["--entrypoint"]);
      expect(await complete("--store-dir", "/x", "stop", "--t")).toEqual(["--time", "--timeout"]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("fish and zsh get scripts of their own", async () => {
    expect(await scriptFor("fish")).toContain("complete -c cntnr");
    expect(await scriptFor("zsh")).toStartWith("#compdef cntnr");
  });
});
