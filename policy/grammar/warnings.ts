import type { Network } from "../policy.ts";
import type { WrittenRule } from "./resolve-rules.ts";

/** What is allowed to stand there, but cannot be what the admin meant. */
export function warningsAbout(
  networks: ReadonlyMap<string, Network>,
  rules: readonly WrittenRule[],
): string[] {
  const warnings: string[] = [];
  for (const { name, masquerade, egress, isolation, place } of networks.values()) {
    const own = rules.filter(({ network }) => network === name);
    if (!own.some(({ values }) => values.attachments && values.attachments.value !== 0))
      warnings.push(`${place}: no rule gives attachments on network ${name}: nobody can use it`);
    if (masquerade && egress === "none")
      warnings.push(`${place}: masquerade has no effect while egress is none`);
    if (isolation === "group" && !own.some(({ who }) => who.text.startsWith("group:")))
      warnings.push(`${place}: isolation is by group, but no rule for network ${name} names a group`);
  }
  for (const { values } of rules)
    if (values.names?.value)
      warnings.push(`${values.names.place}: names = yes has no effect yet: no names are served`);
  return warnings;
}
