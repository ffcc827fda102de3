import type { NetworkPlaces } from "../../netd/doctor/policy-networks.ts";
import { lookUpSubject, resolveAccountNames } from "../../netd/process/account-names.ts";
import { compilePolicy } from "../../policy/grammar/compile.ts";
import { loadPolicy } from "../../policy/load.ts";
import type { Policy, Subject } from "../../policy/policy.ts";
import { readSources } from "../../policy/tools/read-sources.ts";
import { readTrustedFile } from "../../policy/trusted-file.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import { UsageError } from "../command-line/usage-error.ts";
import { locationOf } from "./locations.ts";

/** The policy that --policy names, else the one that the service would load. */
export async function policyOf(args: ParsedArguments): Promise<Policy> {
  const paths = args.values("policy");
  if (paths.length > 0) return policyIn(paths);
  return loadPolicy({ directory: locationOf(args, "policyDir"), resolveNames: resolveAccountNames });
}

/** The policy of some files and directories, whoever can write them. */
export function policyIn(paths: readonly string[]): Promise<Policy> {
  return compilePolicy(readSources(paths), resolveAccountNames);
}

/** Where the service has its networks and what they need. */
export function servicePlaces(args: ParsedArguments): NetworkPlaces {
  return {
    conflistDir: locationOf(args, "conflistDir"),
    runDir: locationOf(args, "runDir"),
    pluginDir: locationOf(args, "pluginDir"),
    read: readTrustedFile,
  };
}

/** A flag that has to be there. */
export function required(args: ParsedArguments, name: string): string {
  const value = args.value(name);
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  return value;
}

/** The user that --user names: `alice`, `1000`, or `#1000` as in a rule. */
export async function userOf(args: ParsedArguments): Promise<{ name: string; subject: Subject }> {
  const name = required(args, "user");
  const subject = await lookUpSubject(name.replace(/^#/, ""));
  if (!subject) throw new Error(`there is no user ${name}`);
  return { name, subject };
}
