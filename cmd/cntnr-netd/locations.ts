import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { Flag } from "../command-line/command.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import { UsageError } from "../command-line/usage-error.ts";

/** Where the administrator's files are; each has a flag, and a default that the flag's summary names. */
export interface Locations {
  readonly policyDir: string;
  readonly conflistDir: string;
  readonly pluginDir: string;
  readonly runDir: string;
  readonly auditLog: string;
}

type FlagWithDefault = Flag & { readonly preset: () => string };

const locationFlags = {
  policyDir: location("policy-dir", "DIR", "Policy files, *.conf", () => "/etc/cntnr/netd.d"),
  conflistDir: location("conflist-dir", "DIR", "CNI network configurations", () => "/etc/cntnr/net.d"),
  pluginDir: location("plugin-dir", "DIR", "CNI plugins", findPluginDir),
  runDir: location("run-dir", "DIR", "Socket and state; on a tmpfs", () => "/run/cntnr-netd"),
  auditLog: location("audit-log", "FILE", "Audit log", () => "/var/log/cntnr-netd/audit.jsonl"),
} as const satisfies Record<keyof Locations, FlagWithDefault>;

function location(name: string, value: string, summary: string, preset: () => string): FlagWithDefault {
  return { name, value, summary: `${summary} (${preset()})`, preset };
}

/** Debian's place, else the one of the plugins' own releases. */
function findPluginDir(): string {
  return ["/usr/lib/cni", "/opt/cni/bin"].find((path) => existsSync(path)) ?? "/usr/lib/cni";
}

/** The flags for these locations. */
export function flagsOf(...names: readonly (keyof Locations)[]): Flag[] {
  return names.map((name) => locationFlags[name]);
}

/** One location, from its flag or by default. Throws UsageError for a relative path: a service has no place to start from. */
export function locationOf(args: ParsedArguments, name: keyof Locations): string {
  const { name: flag, preset } = locationFlags[name];
  const path = args.value(flag) ?? preset();
  if (!isAbsolute(path)) throw new UsageError(`--${flag} ${path}: write an absolute path`);
  return path;
}

/** The system user that the part of the service runs as which talks to users. */
export const defaultFrontUser = "cntnr-netd";
