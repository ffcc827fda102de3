import type { Flag } from "../command-line/command.ts";
import type { Command } from "./command.ts";
import { flagsOf } from "./locations.ts";

const json: Flag = { name: "json", summary: "Print JSON" };
const policy: Flag = {
  name: "policy",
  value: "PATH",
  repeatable: true,
  summary: "Take the policy of this file or directory, not the one in force",
};
const user: Flag = { name: "user", short: "u", value: "USER", summary: "A name, or a uid" };

/** The rows of `cntnr-netd policy`. */
export const policyCommands: readonly Command[] = [
  {
    path: "policy check",
    summary:
      "Check policy files (with --conflist-dir also their networks), or everything that the service would load",
    flags: flagsOf("policyDir", "conflistDir", "pluginDir", "runDir"),
    positionals: [{ name: "FILE", count: "any" }],
    example: "cntnr-netd policy check\ncntnr-netd policy check --conflist-dir ./net.d ./10-lab.conf",
    failureCode: 1,
    load: async () => (await import("./policy-check.ts")).policyCheck,
  },
  {
    path: "policy explain",
    summary: "Say what is decided about a request, and by which lines; 1 when it is denied",
    flags: [
      user,
      { name: "network", short: "n", value: "NETWORK", summary: "The network" },
      {
        name: "port",
        short: "p",
        value: "[IP:]PORT[/PROTOCOL]",
        repeatable: true,
        summary: "A port of the host that is published",
      },
      { name: "ip", value: "ADDRESS", repeatable: true, summary: "An address that is asked for" },
      { name: "mac", value: "ADDRESS", summary: "A MAC address that is asked for" },
      { name: "names", summary: "Names are asked for" },
      { name: "nested", summary: "From a user namespace inside another" },
      { name: "used", value: "N", summary: "Attachments of the user that there are already (0)" },
      { name: "ports-used", value: "N", summary: "Published ports of the user that there are already (0)" },
      policy,
      json,
      ...flagsOf("policyDir"),
    ],
    positionals: [],
    example: "cntnr-netd policy explain --user alice --network lab --port 8080/tcp",
    failureCode: 1,
    load: async () => (await import("./policy-explain.ts")).policyExplain,
  },
  {
    path: "policy show",
    summary: "Show everything that a user may use, and the lines that say so",
    flags: [user, policy, json, ...flagsOf("policyDir")],
    positionals: [],
    example: "cntnr-netd policy show --user alice",
    failureCode: 1,
    load: async () => (await import("./policy-show.ts")).policyShow,
  },
  {
    path: "policy diff",
    summary: "Show who gains and who loses what between two policies, each a file or a directory",
    flags: [
      { name: "live", summary: "Also show the attachments there are now that NEW would refuse" },
      json,
      ...flagsOf("runDir"),
    ],
    positionals: [
      { name: "OLD", count: "one" },
      { name: "NEW", count: "one" },
    ],
    example: "cntnr-netd policy diff --live /etc/cntnr/netd.d ./new.d",
    failureCode: 1,
    load: async () => (await import("./policy-diff.ts")).policyDiff,
  },
  {
    path: "policy simulate",
    summary: "Decide the requests of a file, one JSON object a line; 1 when one is not decided as expected",
    flags: [policy, json, ...flagsOf("policyDir")],
    positionals: [{ name: "FILE", count: "one" }],
    example: "cntnr-netd policy simulate --policy ./new.d requests.jsonl",
    failureCode: 1,
    load: async () => (await import("./policy-simulate.ts")).policySimulate,
  },
  {
    path: "policy install",
    summary: "Check a file with the rest of the policy and its networks, and put it in place as a whole",
    flags: flagsOf("policyDir", "conflistDir", "pluginDir", "runDir"),
    positionals: [{ name: "FILE", count: "one" }],
    example: "cntnr-netd policy install ./10-lab.conf",
    failureCode: 1,
    load: async () => (await import("./policy-install.ts")).policyInstall,
  },
];
