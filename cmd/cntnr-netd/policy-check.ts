import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ConflistError } from "../../netd/cni/conflist.ts";
import { SubnetError } from "../../netd/cni/network-facts.ts";
import { configurationWarnings } from "../../netd/front/configuration-warnings.ts";
import { readJournal } from "../../netd/journal/read-journal.ts";
import { hostAddressing } from "../../netd/netlink/host-addressing.ts";
import {
  type ConfiguredNetwork,
  configureNetwork,
  factsOf,
  foreignAddresses,
} from "../../netd/worker/configured-network.ts";
import { PolicyError } from "../../policy/grammar/problem.ts";
import type { Policy } from "../../policy/policy.ts";
import { readTrustedFile, TrustError } from "../../policy/trusted-file.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { locationOf } from "./locations.ts";
import { policyIn, policyOf } from "./policy-arguments.ts";

type Arguments = CommandContext["args"];

/** What is wrong with the policy or its networks, a line each, as compilers print it. */
class Problems extends Error {}

/** `cntnr-netd policy check`: like `visudo -c`. Every problem on a line of its own. */
export async function policyCheck({ args }: CommandContext): Promise<number> {
  let checked: Policy;
  let warnings: readonly string[];
  try {
    const files = args.positionals;
    checked = await (files.length > 0 ? policyIn(files) : policyOf(args));
    const isWhole = files.length === 0 || args.value("conflist-dir") !== undefined;
    const networks = isWhole ? await configuredNetworks(checked, args) : new Map<string, ConfiguredNetwork>();
    const foreign = foreignAddresses(networks, hostAddressing(), devicesIn(args));
    if (foreign.length > 0) throw new Problems(foreign.join("\n"));
    const facts = [...networks].map(([name, network]) => factsOf(name, network));
    warnings = [...checked.warnings, ...configurationWarnings(checked, facts)];
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

/** With the CNI configurations that the policy names. Their plugins are tried by the service alone, when it loads them. */
async function configuredNetworks(
  { networks }: Policy,
  args: Arguments,
): Promise<Map<string, ConfiguredNetwork>> {
  const configured = new Map<string, ConfiguredNetwork>();
  const directory = locationOf(args, "conflistDir");
  // Drafts are looked at and not obeyed: whoever can write them.
  const read = args.positionals.length > 0 ? readDraft : readTrustedFile;
  for (const { name, conflist } of networks.values()) {
    const path = join(directory, conflist);
    configured.set(name, configureNetwork((await read(path)).toString("utf8"), path));
  }
  return configured;
}

function readDraft(path: string): Buffer {
  if (!existsSync(path)) throw new Problems(`${path}: there is no such file`);
  return readFileSync(path);
}

/** What attachments have is in the journal, which is root's to read. */
function devicesIn(args: Arguments): (network: string) => readonly string[] | "unknown" {
  const journal = join(locationOf(args, "runDir"), "journal.db");
  if (process.getuid?.() !== 0) return () => "unknown";
  const records = existsSync(journal) ? readJournal(journal) : [];
  return (network) =>
    records.flatMap(({ plan, hostEnd }) => (plan.network === network && hostEnd ? [hostEnd.name] : []));
}

function isProblem(error: unknown): error is Error {
  return [PolicyError, TrustError, ConflistError, SubnetError, Problems].some(
    (kind) => error instanceof kind,
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
