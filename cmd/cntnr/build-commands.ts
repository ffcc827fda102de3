import type { Flag } from "../command-line/command.ts";
import type { Command } from "./command.ts";

/** Flags of all commands that make images. */
const imageFlags: readonly Flag[] = [
  { name: "tag", short: "t", value: "NAME[:TAG]", repeatable: true, summary: "Name of the image" },
  {
    name: "build-arg",
    value: "NAME[=VALUE]",
    repeatable: true,
    summary: "Set a build argument, or pass a variable of ours on",
  },
  { name: "no-cache", summary: "Do all steps again" },
  { name: "pull", summary: "Ask the registry for newer base images" },
  { name: "quiet", short: "q", summary: "Print the image's id only" },
  {
    name: "progress",
    value: "HOW",
    choices: ["auto", "plain", "tty", "quiet"],
    summary: "auto, plain: a line for each thing, tty: what is going on, or quiet: what fails",
  },
  {
    name: "network",
    value: "NETWORK",
    summary: "Network of commands: host (default), none, or a network's name",
  },
  { name: "add-host", value: "NAME:ADDRESS", repeatable: true, summary: "A further host for commands" },
  { name: "shm-size", value: "SIZE", summary: "Size of commands' /dev/shm (64m)" },
  {
    name: "ulimit",
    value: "NAME=SOFT[:HARD]",
    repeatable: true,
    summary: "Limit what a process of a command has",
  },
  {
    name: "annotation",
    value: "KEY=VALUE",
    repeatable: true,
    summary: "Annotate the image's manifest",
  },
  { name: "push", summary: "Push the image to the registries of its names" },
  { name: "load", summary: "Put the image into the store, as it is anyhow" },
  { name: "metadata-file", value: "FILE", summary: "Write what is known of the result to a file, as JSON" },
  { name: "squash", summary: "Make one layer of all that are added" },
  { name: "iidfile", value: "FILE", summary: "Write the image's id to a file" },
  {
    name: "secret",
    value: "id=NAME,src=FILE",
    repeatable: true,
    summary: "A secret for RUN --mount=type=secret",
  },
  {
    name: "ssh",
    value: "ID[=SOCKET|KEY,...]",
    repeatable: true,
    summary: "An SSH agent, or private keys, for RUN --mount=type=ssh; default is also Git's",
  },
  {
    name: "tls-verify",
    value: "BOOL",
    summary: "Registry over checked HTTPS only (true) or also plain HTTP (false)",
  },
  // docker's; here nothing is left in any case.
  { name: "rm", summary: "Accepted, and without effect: no containers are left behind" },
  { name: "force-rm", summary: "Accepted, and without effect" },
];

const buildFlags: readonly Flag[] = [
  {
    name: "file",
    short: "f",
    aliases: ["dockerfile"],
    value: "FILE",
    summary: "The Dockerfile; - is standard input",
  },
  { name: "target", value: "STAGE", summary: "Stop at this stage" },
  { name: "label", value: "KEY[=VALUE]", repeatable: true, summary: "Label the image" },
  {
    name: "output",
    short: "o",
    value: "type=...,dest=...",
    repeatable: true,
    summary:
      "Write the result to a directory (local) or a file (tar, oci, docker) instead of the store; or registry: push it",
  },
  {
    name: "build-context",
    value: "NAME=SOURCE",
    repeatable: true,
    summary:
      "A further directory, repository, archive, docker-image://IMAGE or oci-layout://DIR, for --from=NAME",
  },
  {
    name: "check",
    summary: "Build nothing, and say what in the Dockerfile most likely is not as it was meant",
  },
  {
    name: "call",
    value: "WHAT",
    choices: ["build", "check", "outline", "targets"],
    summary:
      "build (default), check, targets: list the Dockerfile's stages, or outline: what a stage can be given",
  },
  {
    name: "no-cache-filter",
    value: "STAGE",
    repeatable: true,
    summary: "Do all steps of these stages again",
  },
  { name: "platform", value: "OS/ARCH", summary: "Accepted for this machine's platform" },
  { name: "cache-from", value: "SOURCE", repeatable: true, summary: "Accepted, and without effect" },
  {
    name: "cache-to",
    value: "PLACE",
    repeatable: true,
    summary: "Refused but for type=inline, which has no effect",
  },
  { name: "provenance", value: "BOOL", summary: "Accepted if it is false" },
  { name: "sbom", value: "BOOL", summary: "Accepted if it is false" },
];

const createFlags: readonly Flag[] = [
  { name: "from", value: "IMAGE", summary: "The image to begin with; without it nothing" },
  { name: "author", value: "NAME", summary: "Who has made the image" },
  step("run", "COMMAND", "Run a command, with the shell unless it is a JSON array"),
  step("run-sh", "COMMAND", "Run a command with the shell"),
  step("add", "SRC... DST[:USER[:GROUP]]", "Add files; archives are unpacked, URLs and repositories fetched"),
  step("copy", "SRC... DST[:USER[:GROUP]]", "Copy files"),
  step("env", "NAME=VALUE", "Set an environment variable"),
  step("cmd", "COMMAND", "What containers run: words, or a JSON array"),
  step("entrypoint", "COMMAND", "The entrypoint: words, or a JSON array"),
  step("workdir", "DIR", "The working directory, made if need be", "w"),
  step("user", "USER[:GROUP]", "The user of the following commands and of containers", "u"),
  step("expose", "PORT[/PROTOCOL]", "Ports that containers listen on"),
  step("volume", "DIR", "Directories for volumes"),
  step("label", "KEY[=VALUE]", "Label the image"),
];

function step(name: string, value: string, summary: string, short?: string): Flag {
  return { name, value, repeatable: true, summary, ...(short === undefined ? {} : { short }) };
}

export const buildCommands: readonly Command[] = [
  {
    path: "image build",
    aliases: ["build"],
    summary: "Build an image from a Dockerfile",
    flags: [...imageFlags, ...buildFlags],
    positionals: [{ name: "CONTEXT", count: "one" }],
    example:
      "cntnr build -t app:1.0 .\ncntnr image build -f app.Dockerfile --target test --build-arg VERSION=3 .",
    failureCode: 1,
    load: async () => (await import("./image-build.ts")).imageBuild,
  },
  {
    path: "image create",
    summary: "Make an image of steps on the command line, in their order",
    flags: [...imageFlags, ...createFlags],
    positionals: [],
    example:
      "cntnr image create --from=debian:12 --run='apt-get update && apt-get install -y curl' --cmd=curl --tag=local/curl",
    failureCode: 1,
    load: async () => (await import("./image-create.ts")).imageCreate,
  },
  {
    path: "builder prune",
    summary: "Remove what builds have kept for the next build",
    flags: [
      { name: "all", short: "a", summary: "As it is anyhow" },
      { name: "force", short: "f", summary: "Do not ask" },
    ],
    positionals: [],
    example: "cntnr builder prune",
    failureCode: 1,
    load: async () => (await import("./builder-prune.ts")).builderPrune,
  },
];
