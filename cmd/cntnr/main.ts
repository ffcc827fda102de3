import { CntnrError, messageOf } from "../../runtime/errors/cntnr-error.ts";
import { type Directories, openDirectories } from "../../runtime/store/directories.ts";
import type { Command, CommandContext } from "./command.ts";
import { findCommand, globalFlags, isGroup } from "./commands.ts";
import { ClosedOutput, print, printError } from "./output.ts";
import { HelpRequest, type ParsedArguments, parseArguments } from "./parse-argv.ts";

/** The words before the command, parsed as if they were a command's own. */
const globals: Command = {
  path: "",
  summary: "",
  flags: globalFlags,
  positionals: [{ name: "COMMAND", count: "any" }],
  passThrough: true,
  example: "",
  failureCode: 1,
  load: () => Promise.reject(new Error("no command")),
};

async function main(argv: readonly string[]): Promise<number> {
  const options = parseGlobals(argv);
  if (!options) return overview();
  if (options.has("version")) return (await import("./version.ts")).version();
  const [name] = options.positionals;
  if (name === undefined) {
    await overview();
    return 125;
  }
  const found = findCommand(options.positionals);
  if (!found) return withoutCommand(name, options.positionals);
  return runCommand(found.command, found.rest, options);
}

function parseGlobals(argv: readonly string[]): ParsedArguments | undefined {
  try {
    return parseArguments(globals, argv);
  } catch (error) {
    if (error instanceof HelpRequest) return undefined;
    throw error;
  }
}

async function runCommand(
  command: Command,
  words: readonly string[],
  options: ParsedArguments,
): Promise<number> {
  try {
    const args = parseArguments(command, words);
    const runner = await command.load();
    return await runner(new Context(args, options));
  } catch (error) {
    if (!(error instanceof HelpRequest)) throw withExitCode(error, command.failureCode);
    const { commandHelp } = await import("./help.ts");
    print(commandHelp(command));
    return 0;
  }
}

async function withoutCommand(name: string, words: readonly string[]): Promise<number> {
  if (!isGroup(name)) throw new CntnrError("usage", `there is no command ${name} (see \`cntnr --help\`)`);
  const [, below] = words;
  if (below !== undefined && below !== "--help" && below !== "-h")
    throw new CntnrError("usage", `there is no command ${name} ${below} (see \`cntnr ${name} --help\`)`);
  const { groupHelp } = await import("./help.ts");
  print(groupHelp(name));
  return 0;
}

async function overview(): Promise<number> {
  const help = await import("./help.ts");
  print(help.overview());
  return 0;
}

/** What commands get; directories are looked for only by commands that have some use for them. */
class Context implements CommandContext {
  readonly env = process.env;
  readonly imagePolicy?: string;
  readonly verbose: boolean;
  readonly #options: ParsedArguments;
  #directories: Directories | undefined;

  constructor(
    readonly args: ParsedArguments,
    options: ParsedArguments,
  ) {
    this.#options = options;
    this.verbose = options.has("verbose");
    const imagePolicy = options.value("image-policy");
    if (imagePolicy !== undefined) this.imagePolicy = imagePolicy;
  }

  get directories(): Directories {
    const storeDir = this.#options.value("store-dir");
    const stateDir = this.#options.value("state-dir");
    this.#directories ??= openDirectories(
      { ...(storeDir === undefined ? {} : { storeDir }), ...(stateDir === undefined ? {} : { stateDir }) },
      this.env,
    );
    return this.#directories;
  }
}

/** An error on its way out of a command, with the exit code that docker's command of that name has for it. */
class CommandFailure extends Error {
  constructor(
    override readonly cause: unknown,
    readonly exitCode: number,
  ) {
    super(messageOf(cause));
  }
}

function withExitCode(error: unknown, failureCode: 1 | 125): unknown {
  if (error instanceof ClosedOutput) return error;
  if (failureCode === 125)
    return new CommandFailure(error, error instanceof CntnrError ? error.exitCode : 125);
  const isUsage = error instanceof CntnrError && error.code === "usage";
  return new CommandFailure(error, isUsage ? 125 : 1);
}

/** One line on standard error; with --verbose also where it comes from. Returns the exit code. */
function report(thrown: unknown): number {
  if (thrown instanceof ClosedOutput) return 141; // 128 + SIGPIPE
  const error = thrown instanceof CommandFailure ? thrown.cause : thrown;
  const isVerbose = process.argv.slice(2, 12).includes("--verbose");
  const detail = isVerbose && error instanceof Error ? `\n${error.stack ?? ""}\n` : "\n";
  try {
    printError(`cntnr: ${messageOf(error)}${detail}`);
  } catch {
    // Nobody is there to read it; the exit code tells.
  }
  return thrown instanceof CommandFailure ? thrown.exitCode : 125;
}

main(process.argv.slice(2)).then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => process.exit(report(error)),
);
