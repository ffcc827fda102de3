import type { Command } from "./command.ts";
import { filter, template } from "./shared-flags.ts";

/** Commands about everything there is. */
export const systemCommands: readonly Command[] = [
  {
    path: "events",
    aliases: ["system events"],
    summary: "Print what happens to containers and images",
    flags: [
      {
        name: "since",
        value: "TIME",
        summary: "Also what has happened since: RFC 3339, seconds since 1970, or 10m",
      },
      { name: "until", value: "TIME", summary: "End there" },
      filter,
      template,
    ],
    positionals: [],
    example: "cntnr events --since 10m --filter event=die",
    failureCode: 1,
    load: async () => (await import("./events.ts")).events,
  },
];
