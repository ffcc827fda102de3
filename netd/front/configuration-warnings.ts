import type { Policy, Rule } from "../../policy/policy.ts";
import type { NetworkFacts } from "../contract/worker-calls.ts";
import { keptAddressWarnings } from "./kept-addresses.ts";

/** What the policy grants and the network cannot give, so that the admin learns of it before a user does. */
export function configurationWarnings(policy: Policy, networks: readonly NetworkFacts[]): string[] {
  return networks.flatMap((facts) => [
    ...policy.rules
      .filter(({ network }) => network === facts.network)
      .flatMap((rule) => warningsOf(rule, facts)),
    ...keptAddressWarnings(policy, facts),
  ]);
}

function warningsOf({ title, values }: Rule, facts: NetworkFacts): string[] {
  const { staticIps, mac, publish } = values;
  const conflist = policyConflist(facts);
  const ports = publish?.value.flatMap((publication) => publication.ports) ?? [];
  const lowest = Math.min(65536, ...ports.map(({ first }) => first));
  return [
    staticIps && staticIps.value.length > 0 && !facts.choices.includes("ips")
      ? `${staticIps.place}: [${title}] grants static-ips, but ${conflist} has no plugin with "capabilities": {"ips": true}`
      : undefined,
    mac?.value === "chosen" && !facts.choices.includes("mac")
      ? `${mac.place}: [${title}] grants mac = chosen, but ${conflist} has no plugin with "capabilities": {"mac": true}`
      : undefined,
    publish && lowest < facts.lowestPort
      ? `${publish.place}: [${title}] grants port ${lowest}, but below ${facts.lowestPort} nothing is published unless ${conflist} says "cntnr": {"lowestPort": ${lowest}}`
      : undefined,
    publish && ports.length > 0 && !facts.isFiltered
      ? `${publish.place}: [${title}] grants ports, but packets of ${conflist} do not pass the host: none can be published`
      : undefined,
  ].filter((warning) => warning !== undefined);
}

function policyConflist({ network }: NetworkFacts): string {
  return `the conflist of network ${network}`;
}
