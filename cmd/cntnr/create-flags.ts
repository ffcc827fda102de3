import type { Flag } from "../command-line/command.ts";
import { isolationFlags } from "./isolation-flags.ts";
import { tlsVerify } from "./shared-flags.ts";

/** What a container is made of: the flags that `run` and `create` share. */
export const createFlags: readonly Flag[] = [
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
    value: "[SRC:]DST[:OPTIONS]",
    repeatable: true,
    summary: "Mount a file or directory of the host, or a volume",
  },
  {
    name: "mount",
    value: "type=...,src=...,dst=...",
    repeatable: true,
    summary: "Mount (type bind, volume or tmpfs), in words",
  },
  {
    name: "volumes-from",
    value: "CONTAINER[:ro]",
    repeatable: true,
    summary: "Mount what another container has mounted",
  },
  { name: "tmpfs", value: "DST[:OPTIONS]", repeatable: true, summary: "Mount an empty tmpfs" },
  { name: "hostname", short: "h", value: "NAME", summary: "Host name of the container" },
  { name: "entrypoint", value: "COMMAND", summary: 'Replace the image\'s entrypoint; "" for none' },
  { name: "read-only", aliases: ["readonly"], summary: "Mount the root file system read-only" },
  { name: "cap-add", value: "CAPABILITY", repeatable: true, summary: "Add a capability, or ALL" },
  { name: "cap-drop", value: "CAPABILITY", repeatable: true, summary: "Drop a capability, or ALL" },
  {
    name: "attach",
    short: "a",
    value: "STREAM",
    repeatable: true,
    summary: "Show only these in the foreground: STDIN (with -i), STDOUT, STDERR",
  },
  { name: "interactive", aliases: ["stdin"], short: "i", summary: "Keep standard input open" },
  { name: "tty", short: "t", summary: "Give the container a terminal" },
  {
    name: "network",
    aliases: ["net"],
    value: "NETWORK",
    repeatable: true,
    summary: "host (default), none, container:NAME, or networks that the administrator grants",
  },
  { name: "label-file", value: "FILE", repeatable: true, summary: "Read labels from a file, one a line" },
  {
    name: "publish",
    short: "p",
    value: "[[IP:]PORT:]PORT[/PROTOCOL]",
    repeatable: true,
    summary: "Let a port of the host, or a range, lead to one of the container's; without one a free port",
  },
  {
    name: "publish-all",
    short: "P",
    summary: "Let a free port of the host lead to each that the image or --expose names",
  },
  {
    name: "expose",
    value: "PORT[-PORT][/PROTOCOL]",
    repeatable: true,
    summary: "Say that it listens there, for `inspect` and -P; nothing is closed that is not exposed",
  },
  { name: "ip", value: "ADDRESS", summary: "IPv4 address to have on the first network" },
  { name: "ip6", value: "ADDRESS", summary: "IPv6 address to have on the first network" },
  { name: "mac-address", value: "MAC", summary: "MAC address to have on the first network" },
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
  {
    name: "platform",
    value: "OS/ARCH[/VARIANT]",
    summary: "Which of an image's variants: linux/arm64 (the machine's own)",
  },
  ...isolationFlags,
  { name: "runtime", value: "RUNC", summary: "Another runc than that in PATH, by name or path" },
  { name: "disable-content-trust", summary: "As it is anyhow: signatures are a matter of --image-policy" },
  { name: "volume-driver", value: "DRIVER", choices: ["local"], summary: "local: there is no other" },
  { name: "no-pivot", summary: "Let the runtime change the root without pivot_root (initramfs)" },
  { name: "no-new-keyring", summary: "Let the container have the session keyring of whoever starts it" },
  tlsVerify,
];

const noNames = "names of containers on a network are cntnr-netd's, and it gives no others";

/** Of docker's: docker-run.md. */
export const absentFlags: Readonly<Record<string, string>> = {
  "--network-alias": noNames,
  "--net-alias": noNames,
  "--link": noNames,
  "--gpus": "devices by name (CDI) are not supported; --device shows a device",
};
