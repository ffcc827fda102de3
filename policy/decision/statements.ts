import { dimensions } from "../dimensions.ts";
import type { Policy, Rule, RuleKey, RuleSubject, RuleValues, Stated, Subject } from "../policy.ts";

/** A value that a rule gives a subject. */
export interface Statement<Value> extends Stated<Value> {
  readonly rule: Rule;
}

/** All rules on a network that are for this subject, in an order that does not depend on the order of the files. */
export function rulesFor(policy: Policy, subject: Subject, network: string): Rule[] {
  return policy.rules
    .filter((rule) => rule.network === network && includes(rule.subject, subject))
    .toSorted((a, b) => (a.title < b.title ? -1 : 1));
}

function includes(rule: RuleSubject, subject: Subject): boolean {
  switch (rule.kind) {
    case "user":
      return rule.uid === subject.uid;
    case "group":
      return subject.gids.includes(rule.gid);
    case "everyone":
      return true;
  }
}

const mostSpecificFirst = ["user", "group", "everyone"] as const;

/**
 * The statements that decide one value: those of the most specific subject that says anything of it (Q8, C10). Less
 * specific ones are not looked at, so nothing ever adds up.
 */
export function statementsOf<Key extends RuleKey>(
  rules: readonly Rule[],
  key: Key,
): Statement<RuleValues[Key]>[] {
  for (const kind of mostSpecificFirst) {
    const found = rules.flatMap((rule) => {
      const stated: Stated<RuleValues[Key]> | undefined = rule.values[key];
      return stated && rule.subject.kind === kind ? [{ ...stated, rule }] : [];
    });
    if (found.length > 0) return found;
  }
  return [];
}

/** The statement with the largest value, of those that decide; undefined when no rule says anything. */
export function largestOf<Key extends RuleKey>(
  rules: readonly Rule[],
  key: Key,
): Statement<RuleValues[Key]> | undefined {
  const [first, ...others] = statementsOf(rules, key);
  const { covers } = dimensions[key];
  return first && others.reduce((best, next) => (covers(best.value, next.value) ? best : next), first);
}

/** What a subject with these rules has, whoever gave it. */
export function effectiveValue<Key extends RuleKey>(rules: readonly Rule[], key: Key): RuleValues[Key] {
  const { join, fallback } = dimensions[key];
  const values = statementsOf(rules, key).map(({ value }) => value);
  return values.length === 0 ? fallback : values.reduce(join);
}

/** How the audit log and the tools name a statement: the rule, and the line that decided. */
export function nameOf({ rule, place }: Pick<Statement<unknown>, "rule" | "place">): string {
  return `${rule.title} (${place})`;
}
