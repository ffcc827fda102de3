import type { Flag, Positional } from "../command-line/command.ts";
import type { Command } from "./command.ts";

const container: Positional = { name: "CONTAINER", count: "one", completes: "container" };
const containers: Positional = { name: "CONTAINER", count: "one-or-more", completes: "container" };
const tlsVerify: Flag = {
  name: "tls-verify",
  value: "BOOL",
  summary: "Registry over checked HTTPS only (true) or also plain HTTP (false)",
};
const noTruncation: Flag = { name: "no-trunc", summary: "Print whole ids" };
const quiet: Flag = { name: "quiet", short: "q", summary: "Print ids only" };
const format: Flag = {
  name: "format",
  value: "FORMAT",
  choices: ["table", "json"],
  summary: "table, or json: one object a line",
};

const createFlags: readonly Flag[] = [
  { name: "name", value: "NAME", summary: "Name of the container; without it a random one" },
  {
    name: "env",
    short: "e",
    value: "KEY[=VALUE]",
    repeatable: true,
    summary: "Set an environment variable, or pass ours on",
  },
  { name: "env-file", value: "FILE", repeatable: true, summary: "Read environment variables from a file" },
  { name: "workdir", short: "w", value: "DIR", summary: "Working directory in the container" },
  { name: "user", short: "u", value: "USER[:GROUP]", summary: "User in the container, by name or number" },
  {
    name: "volume",
    short: "v",
    value: "SRC:DST[:OPTIONS]",
    repeatable: true,
    summary: "Mount a file or directory of the host",
  },
  {
    name: "mount",
    value: "type=...,src=...,dst=...",
    repeatable: true,
    summary: "Mount (type bind or tmpfs), in words",
  },
  { name: "tmpfs", value: "DST[:OPTIONS]", repeatable: true, summary: "Mount an empty tmpfs" },
  { name: "hostname", short: "h", value: "NAME", summary: "Host name of the container" },
  { name: "entrypoint", value: "COMMAND", summary: 'Replace the image\'s entrypoint; "" for none' },
  { name: "read-only", summary: "Mount the root file system read-only" },
  { name: "cap-add", value: "CAPABILITY", repeatable: true, summary: "Add a capability, or ALL" },
  { name: "cap-drop", value: "CAPABILITY", repeatable: true, summary: "Drop a capability, or ALL" },
  { name: "interactive", short: "i", summary: "Keep standard input open" },
  { name: "tty", short: "t", summary: "Give the container a terminal" },
  {
    name: "network",
    aliases: ["net"],
    value: "NETWORK",
    repeatable: true,
    summary: "host (default), none, or networks that the administrator grants",
  },
  { name: "label", short: "l", value: "KEY[=VALUE]", repeatable: true, summary: "Label the container" },
  { name: "stop-signal", value: "SIGNAL", summary: "Signal by which `cntnr stop` asks the container to end" },
  { name: "rm", summary: "Remove the container when it has ended" },
  {
    name: "pull",
    value: "WHEN",
    choices: ["always", "missing", "never"],
    summary: "When to ask the registry: always, missing (default), never",
  },
  { name: "cidfile", value: "FILE", summary: "Write the container's id to a file, which must not exist" },
  tlsVerify,
];

/** Every command. The one place that parsing, help and completion take their knowledge from. */
export const commands: readonly Command[] = [
  {
    path: "run",
    aliases: ["container run"],
    summary: "Run a command in a new container",
    flags: [
      { name: "detach", short: "d", summary: "Run in the background and print the container's id" },
      ...createFlags,
    ],
    positionals: [
      { name: "IMAGE", count: "one", completes: "image" },
      { name: "COMMAND", count: "any" },
    ],
    passThrough: true,
    example:
      "cntnr run --rm -ti docker://alpine:3.6 sh\ncntnr run -d --network lab --name web alpine:3.6 httpd -f",
    failureCode: 125,
    load: async () => (await import("./run.ts")).run,
  },
  {
    path: "ps",
    aliases: ["container ls", "container ps", "container list"],
    summary: "List containers",
    flags: [{ name: "all", short: "a", summary: "Also those that have ended" }, quiet, noTruncation, format],
    positionals: [],
    example: "cntnr ps -a",
    failureCode: 1,
    load: async () => (await import("./ps.ts")).ps,
  },
  {
    path: "logs",
    aliases: ["container logs"],
    summary: "Print what a detached container has printed",
    flags: [
      { name: "follow", short: "f", summary: "Go on until the container ends" },
      { name: "tail", short: "n", value: "LINES", summary: "Only the last lines; or: all" },
      { name: "since", value: "TIME", summary: "Only what is younger: RFC 3339, seconds since 1970, or 10m" },
      { name: "timestamps", short: "t", summary: "Print when each line was printed" },
    ],
    positionals: [container],
    example: "cntnr logs -f --tail 20 web",
    failureCode: 1,
    load: async () => (await import("./logs.ts")).logs,
  },
  {
    path: "stop",
    aliases: ["container stop"],
    summary: "Ask containers to end, and end them after a time",
    flags: [{ name: "time", short: "t", value: "SECONDS", summary: "How long to wait before SIGKILL (10)" }],
    positionals: [containers],
    example: "cntnr stop -t 3 web",
    failureCode: 1,
    load: async () => (await import("./stop.ts")).stop,
  },
  {
    path: "kill",
    aliases: ["container kill"],
    summary: "Send a signal to containers",
    flags: [{ name: "signal", short: "s", value: "SIGNAL", summary: "Name or number (SIGKILL)" }],
    positionals: [containers],
    example: "cntnr kill -s HUP web",
    failureCode: 1,
    load: async () => (await import("./kill.ts")).kill,
  },
  {
    path: "rm",
    aliases: ["container rm"],
    summary: "Remove containers",
    flags: [{ name: "force", short: "f", summary: "Also running ones: they are killed" }],
    positionals: [containers],
    example: "cntnr rm -f web",
    failureCode: 1,
    load: async () => (await import("./rm.ts")).rm,
  },
  {
    path: "wait",
    aliases: ["container wait"],
    summary: "Wait until containers have ended, and print their exit codes",
    flags: [],
    positionals: [containers],
    example: "cntnr wait web",
    failureCode: 1,
    load: async () => (await import("./wait.ts")).wait,
  },
  {
    path: "inspect",
    aliases: ["container inspect"],
    summary: "Print all that is known of containers, as JSON",
    flags: [],
    positionals: [containers],
    example: "cntnr inspect web",
    failureCode: 1,
    load: async () => (await import("./inspect.ts")).inspect,
  },
  {
    path: "image pull",
    aliases: ["pull"],
    summary: "Fetch images and unpack them",
    flags: [{ name: "quiet", short: "q", summary: "No progress" }, tlsVerify],
    positionals: [{ name: "IMAGE", count: "one-or-more" }],
    example: "cntnr image pull docker://alpine:3.6",
    failureCode: 1,
    load: async () => (await import("./image-pull.ts")).imagePull,
  },
  {
    path: "image ls",
    aliases: ["images", "image list"],
    summary: "List images",
    flags: [quiet, noTruncation, format],
    positionals: [],
    example: "cntnr image ls",
    failureCode: 1,
    load: async () => (await import("./image-ls.ts")).imageLs,
  },
  {
    path: "image rm",
    aliases: ["rmi", "image remove"],
    summary: "Remove images",
    flags: [{ name: "force", short: "f", summary: "No error when there is no such image" }],
    positionals: [{ name: "IMAGE", count: "one-or-more", completes: "image" }],
    example: "cntnr image rm alpine:3.6",
    failureCode: 1,
    load: async () => (await import("./image-rm.ts")).imageRm,
  },
  {
    path: "network ls",
    aliases: ["network list"],
    summary: "List the networks that you may use, and what is left of your quotas",
    flags: [format],
    positionals: [],
    example: "cntnr network ls",
    failureCode: 1,
    load: async () => (await import("./network-ls.ts")).networkLs,
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
    flags: [],
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
  {
    path: "oci-hook",
    summary: "Attach or detach networks, started by an OCI runtime as a hook",
    flags: [],
    positionals: [{ name: "STAGE", count: "one" }],
    example: "cntnr oci-hook createRuntime <state.json",
    hidden: true,
    failureCode: 1,
    load: async () => {
      const { ociHook } = await import("./oci-hook.ts");
      return async ({ args, directories, env }) => {
        await ociHook(args.positionals[0] ?? "", directories, env);
        return 0;
      };
    },
  },
  {
    path: "internal-layer",
    summary: "Read or write a layer, started by cntnr in a user namespace",
    flags: [],
    positionals: [],
    example: "cntnr internal-layer <request.json",
    hidden: true,
    failureCode: 1,
    load: async () => {
      const { internalLayer } = await import("./internal-layer.ts");
      return async () => {
        await internalLayer();
        return 0;
      };
    },
  },
  {
    path: "internal-exited",
    summary: "Clean up after a detached container, started by conmon",
    flags: [],
    positionals: [{ name: "ID", count: "one" }],
    example: "cntnr internal-exited ID",
    hidden: true,
    failureCode: 1,
    load: async () => (await import("./internal-exited.ts")).internalExited,
  },
];
