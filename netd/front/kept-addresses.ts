import { type AddressRange, contains, overlaps, parseRange } from "../../policy/address/address.ts";
import type { Policy, Rule } from "../../policy/policy.ts";
import { planLimits } from "../contract/plan.ts";
import type { NetworkFacts } from "../contract/worker-calls.ts";

/**
 * The addresses of a network that rules let somebody ask for, as prefixes in canonical form: whoever asks for none is
 * given others, so that they are free when somebody asks. Each once, and as many as a plan has room for.
 */
export function keptAddressesOf(policy: Policy, facts: NetworkFacts): string[] {
  return rangesOf(policy, facts)
    .slice(0, planLimits.keptAddresses)
    .map(({ text }) => text);
}

/** Where the addresses that are kept cannot be, or leave none to those who ask for none; a line each, for the admin. */
export function keptAddressWarnings(policy: Policy, facts: NetworkFacts): string[] {
  const { network, subnets } = facts;
  const [rule] = rulesWithAddresses(policy, network);
  const place = rule?.values.staticIps?.place;
  if (!rule || place === undefined || !facts.choices.includes("ips")) return [];
  if (subnets === "unknown")
    return [
      `${place}: [${rule.title}] grants static-ips, but only the plugins of the conflist of network ${network} know which addresses it gives: keep these out of them there`,
    ];
  const count = rangesOf(policy, facts).length;
  return count <= planLimits.keptAddresses
    ? []
    : [
        `${place}: the static-ips of network ${network} are ${count} ranges: only ${planLimits.keptAddresses} of them are kept for who asks for them; write larger prefixes`,
      ];
}

function rulesWithAddresses({ rules }: Policy, name: string): Rule[] {
  return rules.filter(({ network, values }) => network === name && (values.staticIps?.value.length ?? 0) > 0);
}

function rangesOf(policy: Policy, { network, subnets }: NetworkFacts): AddressRange[] {
  if (subnets === "unknown") return [];
  const leased = subnets.flatMap(({ range }) => parseRange(range) ?? []);
  const named = rulesWithAddresses(policy, network)
    .flatMap(({ values }) => values.staticIps?.value ?? [])
    .filter((range) => leased.some((subnet) => overlaps(subnet, range)))
    // The larger before what is in them.
    .toSorted((a, b) => Number(b.last - b.first - (a.last - a.first)));
  const kept: AddressRange[] = [];
  for (const range of named) if (!kept.some((other) => contains(other, range))) kept.push(range);
  return kept;
}
