import type { Positional } from "../command-line/command.ts";
import type { Command } from "./command.ts";
import { filter, template } from "./shared-flags.ts";

const volumes: Positional = { name: "VOLUME", count: "one-or-more" };
/** Commands about volumes, `cntnr volume ...`. */
export const volumeCommands: readonly Command[] = [
  {
    path: "volume create",
    summary: "Make a volume and print its name",
    flags: [
      { name: "label", value: "KEY[=VALUE]", repeatable: true, summary: "Label the volume" },
      {
        name: "opt",
        short: "o",
        value: "KEY=VALUE",
        repeatable: true,
        summary: "type=tmpfs with o=OPTIONS, or type=none, o=bind and device=DIR",
      },
      { name: "driver", short: "d", value: "local", choices: ["local"], summary: "There is one: local" },
    ],
    positionals: [{ name: "NAME", count: "optional" }],
    example: "cntnr volume create data\ncntnr run --rm -v data:/data alpine:3.6 touch /data/file",
    failureCode: 1,
    load: async () => (await import("./volume.ts")).volumeCreate,
  },
  {
    path: "volume ls",
    aliases: ["volume list"],
    summary: "List volumes",
    flags: [{ name: "quiet", short: "q", summary: "Print names only" }, filter, template],
    positionals: [],
    example: "cntnr volume ls --filter dangling=true",
    failureCode: 1,
    load: async () => (await import("./volume.ts")).volumeLs,
  },
  {
    path: "volume inspect",
    summary: "Print all that is known of volumes, as JSON or by a template",
    flags: [{ name: "format", short: "f", value: "TEMPLATE", summary: "A template: {{.Mountpoint}}" }],
    positionals: [volumes],
    example: "cntnr volume inspect --format '{{.Mountpoint}}' data",
    failureCode: 1,
    load: async () => (await import("./volume.ts")).volumeInspect,
  },
  {
    path: "volume rm",
    aliases: ["volume remove"],
    summary: "Remove volumes that no container uses",
    flags: [{ name: "force", short: "f", summary: "No error when there is no such volume" }],
    positionals: [volumes],
    example: "cntnr volume rm data",
    failureCode: 1,
    load: async () => (await import("./volume.ts")).volumeRm,
  },
  {
    path: "volume prune",
    summary: "Remove anonymous volumes that no container uses",
    flags: [
      { name: "all", short: "a", summary: "Also named ones" },
      { name: "force", short: "f", summary: "Do not ask" },
      // Without its short name, which is that of --force.
      { name: "filter", value: "KEY=VALUE", repeatable: true, summary: "Only what matches" },
    ],
    positionals: [],
    example: "cntnr volume prune --all --force",
    failureCode: 1,
    load: async () => (await import("./volume.ts")).volumePrune,
  },
];
