import { buildCommands } from "./build-commands.ts";
import { bundleCommands } from "./bundle-commands.ts";
import type { Command } from "./command.ts";
import { containerCommands } from "./container-commands.ts";
import { hiddenCommands } from "./hidden-commands.ts";
import { imageCommands } from "./image-commands.ts";
import { quiet, template } from "./shared-flags.ts";
import { systemCommands } from "./system-commands.ts";
import { volumeCommands } from "./volume-commands.ts";

/** Every command. The one place that parsing, help and completion take their knowledge from. */
export const commands: readonly Command[] = [
  ...containerCommands,
  ...volumeCommands,
  ...bundleCommands,
  ...imageCommands,
  ...buildCommands,
  ...systemCommands,
  ...hiddenCommands,
  {
    path: "network ls",
    aliases: ["network list"],
    summary: "List the networks that you may use, and what is left of your quotas",
    flags: [template, { ...quiet, summary: "Print names only" }],
    positionals: [],
    example: "cntnr network ls",
    failureCode: 1,
    load: async () => (await import("./network-ls.ts")).networkLs,
  },
  {
    path: "network inspect",
    summary: "Show all that you may do on a network, which rule says so, and what is left",
    flags: [{ ...template, short: "f" }],
    positionals: [{ name: "NETWORK", count: "one-or-more" }],
    example: "cntnr network inspect lab",
    failureCode: 1,
    load: async () => (await import("./network-inspect.ts")).networkInspect,
  },
  {
    path: "completion",
    summary: "Print what makes a shell complete cntnr's commands",
    flags: [],
    positionals: [{ name: "SHELL", count: "one" }],
    example: ". <(cntnr completion bash)",
    failureCode: 1,
    load: async () => (await import("./completion.ts")).completion,
  },
  {
    path: "version",
    summary: "Print the version",
    flags: [{ ...template, short: "f" }],
    positionals: [],
    example: "cntnr version",
    failureCode: 1,
    load: async () => (await import("./version.ts")).version,
  },
  {
    path: "help",
    summary: "Say what a command does",
    flags: [],
    positionals: [{ name: "COMMAND", count: "any" }],
    example: "cntnr help run",
    failureCode: 1,
    load: async () => (await import("./help-command.ts")).help,
  },
];
