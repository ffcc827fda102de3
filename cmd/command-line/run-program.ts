import { type Command, type CommandSyntax, findCommand, isGroup, type Program } from "./command.ts";
import { Interrupted } from "./interruption.ts";
import { ClosedOutput, print, printableLines, printError } from "./output.ts";
import { HelpRequest, parseArguments } from "./parse-argv.ts";
import type { ParsedArguments } from "./parsed-arguments.ts";
import { UsageError } from "./usage-error.ts";

/** Exit codes that both programs have: wrong flags or arguments; whoever read our output has gone (128 + SIGPIPE). */
const usageExitCode = 125;
const closedOutputExitCode = 141;

/** From argv to an exit code. An error becomes one line on standard error; with --verbose also where it comes from. */
export async function runProgram<C>(program: Program<C>, argv: readonly string[]): Promise<number> {
  try {
    const options = parseGlobals(program, argv);
    if (options === "help") return await overview(program);
    if (options.has("version")) {
      print(`${program.name} ${program.version}\n`);
      return 0;
    }
    const words = options.positionals;
    if (words.length === 0) {
      await overview(program);
      return usageExitCode;
    }
    const found = findCommand(program.commands, words);
    if (!found) return await withoutCommand(program, words);
    return await runCommand(program, found.command, found.rest, options);
  } catch (error) {
    return report(program, error, usageExitCode);
  }
}

/** The words before the command, parsed as if they were a command's own. */
function parseGlobals<C>(program: Program<C>, argv: readonly string[]): ParsedArguments | "help" {
  const globals: CommandSyntax = {
    flags: program.globalFlags,
    positionals: [{ name: "COMMAND", count: "any" }],
    passThrough: true,
  };
  try {
    return parseArguments(globals, argv);
  } catch (error) {
    if (error instanceof HelpRequest) return "help";
    throw error;
  }
}

async function runCommand<C>(
  program: Program<C>,
  command: Command<C>,
  words: readonly string[],
  options: ParsedArguments,
): Promise<number> {
  try {
    const args = parseArguments(command, words);
    const runner = await command.load();
    return await runner(program.context(args, options));
  } catch (error) {
    if (error instanceof HelpRequest) {
      const { commandHelp } = await import("./help.ts");
      print(commandHelp(program, command));
      return 0;
    }
    if (error instanceof UsageError) {
      const help = `see \`${program.name} ${command.path} --help\``;
      throw new UsageError(`${command.path}: ${error.message} (${help})`, { cause: error });
    }
    return report(program, error, program.exitCodeOf(error, command) ?? command.failureCode);
  }
}

async function withoutCommand<C>(program: Program<C>, words: readonly string[]): Promise<number> {
  const [name = "", below] = words;
  if (!isGroup(program.commands, name))
    throw new UsageError(`there is no command ${name} (see \`${program.name} --help\`)`);
  if (below !== undefined && below !== "--help" && below !== "-h")
    throw new UsageError(`there is no command ${name} ${below} (see \`${program.name} ${name} --help\`)`);
  const { groupHelp } = await import("./help.ts");
  print(groupHelp(program, name));
  return 0;
}

async function overview<C>(program: Program<C>): Promise<number> {
  const help = await import("./help.ts");
  print(help.overview(program));
  return 0;
}

function report<C>(program: Program<C>, error: unknown, exitCode: number): number {
  const explained = program.explain?.(error) ?? error;
  if (explained instanceof ClosedOutput) return closedOutputExitCode;
  // Whoever has done it knows.
  if (explained instanceof Interrupted) return explained.exitCode;
  const isVerbose = process.argv.slice(2, 12).includes("--verbose");
  const message = printableLines(explained instanceof Error ? explained.message : String(explained));
  const detail = isVerbose && error instanceof Error ? `\n${error.stack ?? ""}\n` : "\n";
  try {
    printError(`${program.name}: ${message}${detail}`);
  } catch {
    // Nobody is there to read it; the exit code tells.
  }
  return exitCode;
}
