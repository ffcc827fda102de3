import { BrokenOutput } from "../../runtime/attach/own-streams.ts";
import type { EngineOptions } from "../../runtime/engine/context.ts";
import { CntnrError, explainFileError } from "../../runtime/errors/cntnr-error.ts";
import { explainDiskError } from "../../runtime/errors/disk-error.ts";
import { type Directories, openDirectories } from "../../runtime/store/directories.ts";
import type { Flag, Program } from "../command-line/command.ts";
import { ClosedOutput, printError } from "../command-line/output.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { commands } from "./commands.ts";

const globalFlags: readonly Flag[] = [
  { name: "store-dir", value: "DIR", summary: "Where images and containers are kept (~/.local/share/cntnr)" },
  { name: "state-dir", value: "DIR", summary: "Where state is kept that dies with the boot" },
  {
    name: "image-policy",
    value: "FILE",
    summary: "Signature policy of images, as in containers-policy.json(5); or: insecure",
  },
  { name: "verbose", summary: "Say more about an error" },
  { name: "version", short: "v", summary: "Print the version" },
];

/** The user's program. */
export const program: Program<CommandContext> = {
  name: "cntnr",
  tagline: "cntnr runs containers for people who are not root.",
  version: process.env.CNTNR_VERSION ?? "development",
  commands,
  globalFlags,
  context: (args, options) => new Context(args, options),
  exitCodeOf,
  explain,
};

/** What commands get; directories are looked for only by commands that have some use for them. */
class Context implements CommandContext {
  readonly env = process.env;
  readonly program = program;
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

  get engineOptions(): EngineOptions {
    const storeDir = this.#options.value("store-dir");
    const stateDir = this.#options.value("state-dir");
    const remark = (text: string) => printError(`cntnr: ${text}\n`);
    return {
      ...(storeDir === undefined ? {} : { storeDir }),
      ...(stateDir === undefined ? {} : { stateDir }),
      ...(this.imagePolicy === undefined ? {} : { imagePolicy: this.imagePolicy }),
      env: this.env,
      onRemark: remark,
      ...(this.verbose ? { onDetail: remark } : {}),
    };
  }

  get directories(): Directories {
    this.#directories ??= openDirectories(this.engineOptions, this.env);
    return this.#directories;
  }
}

function explain(error: unknown): Error | undefined {
  return error instanceof BrokenOutput
    ? new ClosedOutput()
    : (explainDiskError(error) ?? explainFileError(error));
}

/**
 * Docker's: where the container's own code is passed on, an error of ours must be none that a container would end with.
 * That a command could not be started has a code of its own everywhere.
 */
function exitCodeOf(error: unknown, { failureCode }: Command): number | undefined {
  if (!(error instanceof CntnrError)) return undefined;
  const isCommands = error.code === "command-not-found" || error.code === "command-not-executable";
  if (failureCode === 125 || isCommands) return error.exitCode;
  return error.code === "usage" ? 125 : undefined;
}
