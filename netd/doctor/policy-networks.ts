import { existsSync } from "node:fs";
import { join } from "node:path";
import { PolicyError } from "../../policy/grammar/problem.ts";
import type { Policy } from "../../policy/policy.ts";
import { TrustError } from "../../policy/trusted-file.ts";
import { CniPlugins } from "../cni/cni-plugins.ts";
import { ConflistError } from "../cni/conflist.ts";
import { SubnetError } from "../cni/network-facts.ts";
import { mostNetworks } from "../contract/worker-calls.ts";
import { messageOf } from "../errors.ts";
import { configurationWarnings } from "../front/configuration-warnings.ts";
import { readJournal } from "../journal/read-journal.ts";
import { hostAddressing } from "../netlink/host-addressing.ts";
import { type ConfiguredNetwork, clashes, configureNetwork, factsOf } from "../worker/configured-network.ts";

/** Where a policy's networks are described, and what there is of them now. */
export interface NetworkPlaces {
  readonly conflistDir: string;
  readonly runDir: string;
  /** Reads a conflist by its path. */
  readonly read: (path: string) => Buffer | Promise<Buffer>;
  /** Where the plugins are, each of which is asked whether it is fit; undefined: none is run. */
  readonly pluginDir: string | undefined;
}

/** What is wrong with the policy's networks, a line each, as compilers print it. */
class Problems extends Error {}

/**
 * Looks at a policy with the CNI configurations that it names, and at what this host has of addresses (D6), as the
 * service does when it loads them.
 * @returns what the policy gives and the networks cannot; throws what {@link isProblem} knows
 */
export async function requireGoodNetworks(
  policy: Policy,
  { conflistDir, runDir, read, pluginDir }: NetworkPlaces,
): Promise<{ readonly warnings: readonly string[] }> {
  const networks = new Map<string, ConfiguredNetwork>();
  const problems: string[] = [];
  if (policy.networks.size > mostNetworks) problems.push(`there are more than ${mostNetworks} networks`);
  for (const { name, conflist } of policy.networks.values())
    try {
      const path = join(conflistDir, conflist);
      networks.set(name, configureNetwork((await read(path)).toString("utf8"), path));
    } catch (error) {
      if (!isProblem(error)) throw error;
      problems.push(error.message);
    }
  if (problems.length === 0) problems.push(...clashes(networks, hostAddressing(), devicesIn(runDir)));
  if (pluginDir !== undefined) problems.push(...(await unfitPlugins(networks, { pluginDir, runDir })));
  if (problems.length > 0) throw new Problems([...new Set(problems)].join("\n"));
  const facts = [...networks].map(([name, network]) => factsOf(name, network));
  return { warnings: configurationWarnings(policy, facts) };
}

/** What is wrong with the plugins of all networks, a line or more for each network. */
async function unfitPlugins(
  networks: ReadonlyMap<string, ConfiguredNetwork>,
  { pluginDir, runDir }: { readonly pluginDir: string; readonly runDir: string },
): Promise<string[]> {
  const leaseDir = join(runDir, "leases");
  const plugins = new CniPlugins({ pluginDir, leaseDir, lockFd: undefined, onStep: () => undefined });
  const problems: string[] = [];
  for (const { conflist } of networks.values())
    await plugins.selfTest(conflist).catch((error: unknown) => problems.push(messageOf(error)));
  return problems;
}

/** What attachments have is in the journal, which is root's to read. */
function devicesIn(runDir: string): (network: string) => readonly string[] | "unknown" {
  const journal = join(runDir, "journal.db");
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
