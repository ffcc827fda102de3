import type { Account, Policy, Rule } from "../policy.ts";
import { PolicyError, type Problem } from "./problem.ts";
import type { Section, Token } from "./scan.ts";
import { type Database, numberedSubject, type ResolveNames, type WrittenSubject } from "./subject.ts";
import { ValueError } from "./values.ts";

/** A rule before its subject's name has become a number. */
export interface WrittenRule extends Omit<Rule, "subject"> {
  readonly subject: WrittenSubject;
  /** The subject as it is written. */
  readonly who: Token;
  readonly entries: Section["entries"];
}

/**
 * Numbers for names (P12). A name that does not exist makes its own rule inert and nothing else, or one deleted account
 * would lock everybody out; a name that stands for several numbers is a mistake that nobody must profit from.
 * Throws PolicyError, and whatever `resolveNames` throws.
 */
export async function resolveRules(
  written: readonly WrittenRule[],
  resolveNames: ResolveNames,
): Promise<Pick<Policy, "rules" | "accounts" | "warnings">> {
  const ids = {
    passwd: await resolveDatabase("passwd", written, resolveNames),
    group: await resolveDatabase("group", written, resolveNames),
  };
  const problems: Problem[] = [];
  const rules: Rule[] = [];
  const accounts = new Map<string, Account>();
  const warnings: string[] = [];
  for (const { subject, who, entries: _, ...rule } of written) {
    if (subject.kind === "numbered") {
      rules.push({ ...rule, subject: subject.subject });
      continue;
    }
    const [id, another] = ids[subject.database].get(subject.name) ?? [];
    accounts.set(who.text, { name: who.text, id });
    if (id === undefined)
      warnings.push(`${rule.place}: ${who.text} does not exist: this rule grants nothing`);
    else if (another !== undefined)
      problems.push(problemAt(who, `is ambiguous: it stands for ${id} and for ${another}`));
    else
      try {
        rules.push({ ...rule, subject: numberedSubject(subject.database, id) });
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        problems.push(problemAt(who, error.message));
      }
  }
  if (problems.length > 0) throw new PolicyError(problems);
  return { rules, accounts: [...accounts.values()], warnings };
}

async function resolveDatabase(
  database: Database,
  rules: readonly WrittenRule[],
  resolveNames: ResolveNames,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const names = rules.flatMap(({ subject }) =>
    subject.kind === "named" && subject.database === database ? [subject.name] : [],
  );
  return names.length === 0 ? new Map() : resolveNames(database, [...new Set(names)]);
}

function problemAt({ file, line, column, text }: Token, message: string): Problem {
  return { file, line, column, message: `${text} ${message}` };
}
