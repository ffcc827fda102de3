import { limitNames } from "../../netd/server/limits.ts";
import type { Flag } from "../command-line/command.ts";
import type { Command } from "./command.ts";
import { defaultFrontUser, flagsOf } from "./locations.ts";
import { policyCommands } from "./policy-commands.ts";

const asJson: Flag = { name: "json", summary: "Print JSON" };
const json: Flag = { name: "json", summary: "Print lines as they are in the log" };

const frontUser: Flag = {
  name: "front-user",
  value: "NAME",
  summary: `System user that the part runs as which talks to users (${defaultFrontUser})`,
};

const unitFlags: readonly Flag[] = [
  { name: "unit-dir", value: "DIR", summary: "Where units go (/etc/systemd/system)" },
  { name: "program", value: "FILE", summary: "Absolute path of cntnr-netd (this one)" },
];

/** Every command. The one place that parsing and help take their knowledge from. */
export const commands: readonly Command[] = [
  {
    path: "serve",
    summary: "Run the service until SIGTERM; SIGHUP loads the policy anew",
    flags: [
      ...flagsOf("policyDir", "conflistDir", "pluginDir", "runDir", "auditLog"),
      {
        name: "account-refresh",
        value: "SECONDS",
        summary: "How often the accounts that the policy names are looked up again (600)",
      },
      {
        name: "boot-id-file",
        value: "FILE",
        summary: "Names this boot of the machine (/proc/sys/kernel/random/boot_id)",
      },
      {
        name: "limit",
        value: "NAME=NUMBER",
        repeatable: true,
        summary: `What one user may take, rates a second: ${limitNames.join(", ")}`,
      },
      frontUser,
    ],
    positionals: [],
    example: "cntnr-netd serve",
    failureCode: 1,
    load: async () => (await import("./serve.ts")).serve,
  },
  ...policyCommands,
  {
    path: "status",
    summary:
      "Show how the running service does; ends with 1 when something is to be done, 3 when it does not run",
    flags: [asJson, ...flagsOf("runDir")],
    positionals: [],
    example: "cntnr-netd status",
    failureCode: 1,
    load: async () => (await import("./status.ts")).status,
  },
  {
    path: "doctor",
    summary: "Look at whether this machine and its configuration are fit for the service, and what to do",
    flags: [...flagsOf("policyDir", "conflistDir", "pluginDir", "runDir", "auditLog"), frontUser],
    positionals: [],
    example: "cntnr-netd doctor",
    failureCode: 1,
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    path: "ls",
    summary: "List all attachments",
    flags: [{ name: "json", summary: "One object a line" }, ...flagsOf("runDir")],
    positionals: [],
    example: "cntnr-netd ls",
    failureCode: 1,
    load: async () => (await import("./ls.ts")).ls,
  },
  {
    path: "inspect",
    summary: "Show all there is to know about an attachment",
    flags: flagsOf("runDir"),
    positionals: [{ name: "ID", count: "one" }],
    example: "cntnr-netd inspect 3fa1",
    failureCode: 1,
    load: async () => (await import("./inspect.ts")).inspect,
  },
  {
    path: "detach",
    summary: "End attachments, whoever's they are; their containers go on without that network",
    flags: flagsOf("runDir"),
    positionals: [{ name: "ID", count: "one-or-more" }],
    example: "cntnr-netd detach 3fa1",
    failureCode: 1,
    load: async () => (await import("./detach.ts")).detach,
  },
  {
    path: "gc",
    summary: "Look for what attachments have left, by comparing the machine with what is on record",
    flags: [
      { name: "dry-run", summary: "Only look (the default); ends with 1 when something is left or missing" },
      { name: "fix", summary: "Take away what belongs to no attachment" },
      {
        name: "discard-unreadable",
        summary: "Forget records that nobody can read; their containers lose their networks",
      },
      asJson,
      ...flagsOf("runDir", "pluginDir"),
    ],
    positionals: [],
    example: "cntnr-netd gc --dry-run\ncntnr-netd gc --fix",
    failureCode: 1,
    load: async () => (await import("./gc.ts")).gc,
  },
  {
    path: "reload",
    summary: "Load the policy anew, and go on in a new audit log after a rotation",
    flags: flagsOf("runDir"),
    positionals: [],
    example: "cntnr-netd reload",
    failureCode: 1,
    load: async () => (await import("./reload.ts")).reload,
  },
  {
    path: "audit show",
    summary: "Show all that was decided and done with a reference, or with an attachment",
    flags: [json, ...flagsOf("auditLog")],
    positionals: [{ name: "REFERENCE", count: "one" }],
    example: "cntnr-netd audit show 7KQ2MD9XWA",
    failureCode: 1,
    load: async () => (await import("./audit-show.ts")).auditShow,
  },
  {
    path: "audit tail",
    summary: "Show the end of the audit log",
    flags: [
      { name: "lines", short: "n", value: "N", summary: "How many lines (10)" },
      { name: "follow", short: "f", summary: "Go on with lines as they are written, until Ctrl-C" },
      json,
      ...flagsOf("auditLog"),
    ],
    positionals: [],
    example: "cntnr-netd audit tail -f",
    failureCode: 1,
    load: async () => (await import("./audit-tail.ts")).auditTail,
  },
  {
    path: "audit verify",
    summary: "Check that no line of the audit log and its rotations was changed, moved or taken out",
    flags: flagsOf("auditLog"),
    positionals: [{ name: "FILE", count: "any" }],
    example: "cntnr-netd audit verify\ncntnr-netd audit verify /mnt/archive/audit.jsonl-*",
    failureCode: 1,
    load: async () => (await import("./audit-verify.ts")).auditVerify,
  },
  {
    path: "front",
    summary: "Talk to users, started by serve",
    flags: [],
    positionals: [],
    example: "cntnr-netd front",
    hidden: true,
    failureCode: 1,
    load: async () => (await import("./front.ts")).front,
  },
  {
    path: "unit print",
    summary: "Print the units of systemd and the files beside them, to be read before they are installed",
    flags: unitFlags,
    positionals: [{ name: "FILE", count: "optional" }],
    example: "cntnr-netd unit print\ncntnr-netd unit print cntnr-netd.service",
    failureCode: 1,
    load: async () => (await import("./unit.ts")).unitPrint,
  },
  {
    path: "unit install",
    summary: "Write the units of systemd and the files beside them; starts nothing",
    flags: [{ name: "root", value: "DIR", summary: "Below this directory, for packages" }, ...unitFlags],
    positionals: [],
    example: "cntnr-netd unit install",
    failureCode: 1,
    load: async () => (await import("./unit.ts")).unitInstall,
  },
  {
    path: "version",
    summary: "Print the version",
    flags: [],
    positionals: [],
    example: "cntnr-netd version",
    failureCode: 1,
    load: async () => (await import("./version.ts")).version,
  },
];
