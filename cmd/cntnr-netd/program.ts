import type { Program } from "../command-line/command.ts";
import type { CommandContext } from "./command.ts";
import { commands } from "./commands.ts";
import { explainFileError } from "./file-error.ts";

/** The administrator's program: the service, and the tools around it. */
export const program: Program<CommandContext> = {
  name: "cntnr-netd",
  tagline: "cntnr-netd gives containers of ordinary users the networks that the administrator grants.",
  version: process.env.CNTNR_VERSION ?? "development",
  commands,
  globalFlags: [
    { name: "verbose", summary: "Say more about an error" },
    { name: "version", short: "v", summary: "Print the version" },
  ],
  context: (args) => ({ args, program }),
  exitCodeOf: () => undefined,
  explain: explainFileError,
};
