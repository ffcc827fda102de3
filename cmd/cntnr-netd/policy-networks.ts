import { existsSync } from "node:fs";
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
import { TrustError } from "../../policy/trusted-file.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import { locationOf } from "./locations.ts";

/** What is wrong with the policy's networks, a line each, as compilers print it. */
class Problems extends Error {}

/**
 * Looks at a policy with the CNI configurations that it names, and at what this host has of addresses (D6), as the
 * service does when it loads them; their plugins are tried by the service alone.
 * @param read reads a conflist by its path
 * @returns what the policy gives and its networks cannot; throws what {@link isProblem} knows
 */
export async function requireGoodNetworks(
  policy: Policy,
  args: ParsedArguments,
  read: (path: string) => Buffer | Promise<Buffer>,
): Promise<string[]> {
  const directory = locationOf(args, "conflistDir");
  const networks = new Map<string, ConfiguredNetwork>();
  const problems: string[] = [];
  for (const { name, conflist } of policy.networks.values())
    try {
      const path = join(directory, conflist);
      networks.set(name, configureNetwork((await read(path)).toString("utf8"), path));
    } catch (error) {
      if (!isProblem(error)) throw error;
      problems.push(error.message);
    }
  if (problems.length === 0) problems.push(...foreignAddresses(networks, hostAddressing(), devicesIn(args)));
  if (problems.length > 0) throw new Problems([...new Set(problems)].join("\n"));
  return configurationWarnings(
    policy,
    [...networks].map(([name, network]) => factsOf(name, network)),
  );
}

/** What attachments have is in the journal, which is root's to read. */
function devicesIn(args: ParsedArguments): (network: string) => readonly string[] | "unknown" {
  const journal = join(locationOf(args, "runDir"), "journal.db");
  if (process.getuid?.() !== 0) return () => "unknown";
  const records = existsSync(journal) ? readJournal(journal) : [];
  return (network) =>
    records.flatMap(({ plan, hostEnd }) => (plan.network === network && hostEnd ? [hostEnd.name] : []));
}

/** Whether that is said of files of the administrator's, rather than of this program. */
export function isProblem(error: unknown): error is Error {
  return [PolicyError, TrustError, ConflistError, SubnetError, Problems].some(
    (kind) => error instanceof kind,
  );
}
