import type { Command } from "./command.ts";
import { flagsOf } from "./locations.ts";

/** Every command. The one place that parsing and help take their knowledge from. */
export const commands: readonly Command[] = [
  {
    path: "serve",
    summary: "Run the service until SIGTERM; SIGHUP loads the policy anew",
    flags: [
      ...flagsOf("policyDir", "conflistDir", "pluginDir", "runDir", "auditLog"),
      {
        name: "boot-id-file",
        value: "FILE",
        summary: "Names this boot of the machine (/proc/sys/kernel/random/boot_id)",
      },
    ],
    positionals: [],
    example: "cntnr-netd serve",
    failureCode: 1,
    load: async () => (await import("./serve.ts")).serve,
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
