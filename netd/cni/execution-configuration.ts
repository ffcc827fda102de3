import type { Conflist, Plugin } from "./conflist.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { withUnaskedRanges } from "./unasked-ranges.ts";

/**
 * Everything of one attachment that a plugin can be told beside its configuration, by the spec's conventions.
 * What the policy has not decided is not in here, and what is not in here does not exist for plugins: with ipRanges a
 * caller would give the host's bridge an address of his choice (R2). Ports are published, and bandwidth is limited, by
 * netd itself.
 */
export interface CapabilityArguments {
  readonly mac?: string;
  /** Addresses, with or without prefix length. */
  readonly ips?: readonly string[];
}

const capabilityNames = ["mac", "ips"] as const;

/** What one call adds to a plugin's configuration. */
export interface CallFacts {
  readonly capabilityArguments: CapabilityArguments;
  /** Prefixes whose addresses are not to be given to who has not asked for them. */
  readonly keptAddresses: readonly string[];
  /** The result before this plugin in ADD, the final one in DEL and CHECK; JSON. Undefined where there is none. */
  readonly prevResult: JsonObject | undefined;
  /** Where host-local keeps its leases. */
  readonly leaseDir: string;
}

/** The standard input of one call (spec, section 3, "Deriving execution configuration from plugin configuration"). */
export function executionConfiguration(conflist: Conflist, plugin: Plugin, facts: CallFacts): string {
  const { capabilities: _, ...configuration } = plugin.json;
  const runtimeConfig = runtimeConfigOf(plugin, facts.capabilityArguments);
  return JSON.stringify({
    ...configuration,
    cniVersion: conflist.cniVersion,
    name: conflist.name,
    ipam: ipamOf(plugin, facts),
    // Whatever the configuration holds under these names: they are the runtime's.
    args: undefined,
    runtimeConfig,
    prevResult: facts.prevResult,
  });
}

/** Leases are in netd's run directory, and so gone with the boot, as are the interfaces that have the addresses (F6). */
function ipamOf(
  { ipamType, json: { ipam } }: Plugin,
  { leaseDir, keptAddresses, capabilityArguments }: CallFacts,
): Json | undefined {
  if (ipamType !== "host-local" || !isObject(ipam)) return ipam;
  return { ...withUnaskedRanges(ipam, keptAddresses, capabilityArguments.ips ?? []), dataDir: leaseDir };
}

/** What is both declared by the plugin and given for the attachment; undefined when that is nothing. */
function runtimeConfigOf(plugin: Plugin, given: CapabilityArguments): CapabilityArguments | undefined {
  const names = capabilityNames.filter((name) => plugin.capabilities.has(name) && given[name] !== undefined);
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.map((name) => [name, given[name]]));
}
