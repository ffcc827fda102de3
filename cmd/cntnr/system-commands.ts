import type { Command } from "./command.ts";
import { filter, pruneFilter, sizeFlag, template } from "./shared-flags.ts";

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
  {
    path: "inspect",
    summary: "Print all that is known of containers, images or volumes, as JSON",
    flags: [
      { ...template, short: "f" },
      {
        name: "type",
        value: "TYPE",
        choices: ["container", "image", "volume"],
        summary: "Only what is a container, image or volume",
      },
      sizeFlag,
    ],
    positionals: [{ name: "NAME", count: "one-or-more", completes: "container" }],
    example: "cntnr inspect -f '{{.State.Status}}' web",
    failureCode: 1,
    load: async () => (await import("./inspect.ts")).inspect,
  },
  {
    path: "system df",
    summary: "Say how much room images, containers and volumes take",
    flags: [template, { name: "verbose", short: "v", summary: "Each of them, and what images share" }],
    positionals: [],
    example: "cntnr system df",
    failureCode: 1,
    load: async () => (await import("./system-df.ts")).systemDf,
  },
  {
    path: "system prune",
    summary: "Remove stopped containers, images that nothing needs, and what nothing refers to",
    flags: [
      { name: "all", short: "a", summary: "Also images with names that no container was made from" },
      pruneFilter,
      { name: "force", short: "f", summary: "Do not ask" },
      { name: "volumes", summary: "Also anonymous volumes that no container uses" },
    ],
    positionals: [],
    example: "cntnr system prune --volumes",
    failureCode: 1,
    load: async () => (await import("./system-prune.ts")).systemPrune,
  },
  {
    path: "gc",
    summary:
      "Remove bundles and images that have had their time, and what nothing refers to; never what is in use",
    flags: [
      {
        name: "bundle-ttl",
        short: "b",
        value: "DURATION",
        summary: "Bundles that were neither changed nor run for longer",
      },
      { name: "image-ttl", short: "i", value: "DURATION", summary: "Images that were not used for longer" },
      { name: "ref-ttl", short: "r", value: "DURATION", summary: "Names that are older" },
      {
        name: "max-per-repo",
        short: "m",
        value: "NUMBER",
        summary: "All but so many of the youngest names of each repository",
      },
      {
        name: "size",
        value: "SIZE",
        summary: "The least recently used images, until the others are no larger",
      },
      { name: "dry-run", summary: "Only say what would go" },
    ],
    positionals: [],
    example: "cntnr gc --bundle-ttl 7d --image-ttl 30d --max-per-repo 5",
    failureCode: 1,
    load: async () => (await import("./gc.ts")).gc,
  },
  {
    path: "info",
    aliases: ["system info"],
    summary: "Say what this engine is, and what it has",
    flags: [{ ...template, short: "f" }],
    positionals: [],
    example: "cntnr info -f '{{.DockerRootDir}}'",
    failureCode: 1,
    load: async () => (await import("./info.ts")).info,
  },
  {
    path: "doctor",
    aliases: ["system doctor"],
    summary: "Look at whether you can run containers on this machine, and say what to do",
    flags: [template],
    positionals: [],
    example: "cntnr doctor\ncntnr doctor --format '{{if .Command}}{{.As}}: {{.Command}}{{end}}'",
    failureCode: 1,
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    path: "generate systemd",
    summary: "Print a unit by which systemd runs a container as a service",
    flags: [
      { name: "name", short: "n", summary: "Call the container by its name, not its id" },
      {
        name: "new",
        summary: "Make a new container at each start, as the command line did that has made this one",
      },
      { name: "files", short: "f", summary: "Write it into the working directory, and print its path" },
      {
        name: "restart-policy",
        value: "POLICY",
        summary:
          "no, on-failure, always, ... (default: as the container's own policy; without one, on-failure)",
      },
      { name: "restart-sec", value: "SECONDS", summary: "How long systemd waits before it restarts" },
      {
        name: "time",
        short: "t",
        aliases: ["stop-timeout"],
        value: "SECONDS",
        summary: "How long stopping waits before SIGKILL",
      },
      { name: "container-prefix", value: "WORD", summary: "First word of the file's name (container)" },
      { name: "separator", value: "TEXT", summary: "Between that and the container's name (-)" },
      { name: "wants", value: "UNIT", repeatable: true, summary: "Also a unit that it wants" },
      { name: "after", value: "UNIT", repeatable: true, summary: "Also a unit that is started before it" },
      { name: "requires", value: "UNIT", repeatable: true, summary: "Also a unit that it requires" },
    ],
    positionals: [{ name: "CONTAINER", count: "one", completes: "container" }],
    example:
      "cntnr generate systemd --new --name --files web\nsystemctl --user enable --now ./container-web.service",
    failureCode: 1,
    load: async () => (await import("./generate-systemd.ts")).generateSystemd,
  },
];
