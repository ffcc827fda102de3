import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isProblem, type NetworkPlaces, requireGoodNetworks } from "../../netd/doctor/policy-networks.ts";
import { readTrustedSources } from "../../policy/load.ts";
import type { Policy } from "../../policy/policy.ts";
import { readDraft, readTrustedFile, TrustError } from "../../policy/trusted-file.ts";
import { print, printError } from "../command-line/output.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import type { CommandContext } from "./command.ts";
import { locationOf } from "./locations.ts";
import { policyIn, policyOf, servicePlaces } from "./policy-arguments.ts";

/** `cntnr-netd policy check`: like `visudo -c`. Every problem on a line of its own. */
export async function policyCheck({ args }: CommandContext): Promise<number> {
  let checked: Policy;
  let warnings: readonly string[];
  try {
    const files = args.positionals;
    checked = await (files.length > 0 ? policyIn(files) : policyOf(args));
    await requireTrustedInPlace(files, locationOf(args, "policyDir"));
    const isWhole = files.length === 0 || args.value("conflist-dir") !== undefined;
    const looked = isWhole ? await requireGoodNetworks(checked, placesOf(args)) : undefined;
    warnings = [...checked.warnings, ...(looked?.warnings ?? [])];
  } catch (error) {
    if (!isProblem(error)) throw error;
    printError(`${error.message}\n`);
    return 1;
  }
  for (const warning of warnings) printError(`warning: ${warning}\n`);
  const { networks, rules } = checked;
  print(`The policy is good: ${counted(networks.size, "network")}, ${counted(rules.length, "rule")}.\n`);
  return 0;
}

/** Files that lie where the service reads them are no drafts: that it would not read them is a fault of theirs (C1). */
async function requireTrustedInPlace(files: readonly string[], policyDir: string): Promise<void> {
  for (const path of files.map((file) => resolve(file)))
    if (path === policyDir) await readTrustedSources(path);
    else if (dirname(path) === policyDir) await readTrustedFile(path);
}

/** Drafts are looked at and not obeyed, whoever can write them: no plugin is run for them. */
function placesOf(args: ParsedArguments): NetworkPlaces {
  const places = servicePlaces(args);
  return args.positionals.length > 0 ? { ...places, pluginDir: undefined, read: readDraftConflist } : places;
}

function readDraftConflist(path: string): Buffer {
  if (!existsSync(path)) throw new TrustError(path, "there is no such file");
  return readDraft(path);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
