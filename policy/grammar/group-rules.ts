import { dimensions, ruleKeys } from "../dimensions.ts";
import type { RuleKey, RuleValues } from "../policy.ts";
import type { Problem } from "./problem.ts";
import type { WrittenRule } from "./resolve-rules.ts";

/**
 * A process can leave a group, so a group's rule that gave less than everyone has would only bind those who do not
 * know how (P11, CVE-2014-8989). Such a rule is a mistake; what everyone has can be taken from single users alone.
 */
export function groupRuleProblems(rules: readonly WrittenRule[]): Problem[] {
  const everyone = rules.filter(({ who }) => who.text === "everyone");
  const groups = rules.filter(({ who }) => who.text.startsWith("group:"));
  return groups.flatMap((group) =>
    everyone
      .filter(({ network }) => network === group.network)
      .flatMap((common) => ruleKeys.flatMap((key) => narrowing(key, group, common) ?? [])),
  );
}

function narrowing<Key extends RuleKey>(
  key: Key,
  group: WrittenRule,
  common: WrittenRule,
): Problem | undefined {
  const own: RuleValues[Key] | undefined = group.values[key]?.value;
  const theirs: RuleValues[Key] | undefined = common.values[key]?.value;
  const dimension = dimensions[key];
  if (own === undefined || theirs === undefined || dimension.covers(own, theirs)) return undefined;
  const isBandwidth = key === "bandwidthIn" || key === "bandwidthOut";
  const entry =
    group.entries.get(dimension.key) ?? (isBandwidth ? group.entries.get("bandwidth") : undefined);
  const { file, line, column } = entry?.value ?? group.who;
  const message =
    `${dimension.key} ${entry ? "" : `(${dimension.show(own)} by default) `}gives ${group.who.text} less than everyone has (${common.values[key]?.place}: ` +
    `${dimension.show(theirs)}); whoever leaves the group would have that`;
  return { file, line, column, message };
}
