import { hashOf, type Network, type Policy, type PolicySource, type Rule } from "./policy.ts";
import { PolicyError, type Position, type Problem } from "./problem.ts";
import { type Section, scan, type Token } from "./scan.ts";
import { readAllowSection, readNetworkSection } from "./sections.ts";
import {
  type Database,
  numberedSubject,
  parseSubject,
  type ResolveNames,
  type WrittenSubject,
} from "./subject.ts";
import { ValueError } from "./values.ts";

/** A rule before its subject's name has become a number. */
interface WrittenRule extends Omit<Rule, "subject"> {
  readonly subject: WrittenSubject;
  readonly subjectAt: Token;
}

/** R5: no `-`, which the CNI cache would mix up with its own separators. */
const networkName = /^[a-z0-9][a-z0-9_]{0,31}$/;

/**
 * Makes a policy of its files' contents. The order of files and sections has no influence.
 * Throws PolicyError with everything that is wrong; whatever `resolveNames` throws passes through.
 */
export async function compilePolicy(
  sources: readonly PolicySource[],
  resolveNames: ResolveNames,
): Promise<Policy> {
  const reader = new PolicyReader();
  for (const { file, bytes } of sources) {
    const { sections, problems } = scan(file, bytes);
    reader.problems.push(...problems);
    for (const section of sections) reader.take(section);
  }
  reader.checkReferences();
  const { problems } = reader;
  const resolved =
    problems.length === 0 ? await resolveRules(reader.rules, problems, resolveNames) : undefined;
  if (!resolved) throw new PolicyError(problems);
  return { networks: reader.networks, ...resolved, hash: hashOf(sources) };
}

class PolicyReader {
  readonly networks = new Map<string, Network>();
  readonly rules: WrittenRule[] = [];
  readonly problems: Problem[] = [];
  readonly #sections = new Map<string, Position>();
  readonly #references: Token[] = [];

  take(section: Section): void {
    const [kind, ...rest] = section.head;
    if (kind?.text === "network" && rest.length === 1) this.#takeNetwork(section, rest);
    else if (kind?.text === "allow" && rest.length === 2) this.#takeAllow(section, rest);
    else
      this.#problem(section.position, "unknown section; known: [network NAME], [allow SUBJECT network:NAME]");
  }

  checkReferences(): void {
    for (const token of this.#references)
      if (!this.#sections.has(`network ${token.text}`))
        this.#problem(token, `there is no [network ${token.text}]`);
  }

  #takeNetwork(section: Section, [name]: readonly Token[]): void {
    if (!name || !this.#isNetworkName(name)) return;
    const isNew = this.#isNew(section);
    const values = readNetworkSection(section, this.problems);
    if (!isNew || values?.conflist === undefined) return;
    const { conflist, masquerade = false } = values;
    this.networks.set(name.text, { name: name.text, conflist, masquerade });
  }

  #takeAllow(section: Section, [who, where]: readonly Token[]): void {
    const subject = who && this.#subjectOf(who);
    const network = where && this.#referenceOf(where);
    const isNew = this.#isNew(section);
    const values = readAllowSection(section, this.problems);
    if (!subject || !network || !isNew || !values) return;
    const { file, line } = section.position;
    const { title } = section;
    this.rules.push({ ...values, subject, subjectAt: who, network, title, place: `${file}:${line}` });
  }

  #subjectOf(who: Token): WrittenSubject | undefined {
    try {
      return parseSubject(who.text);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      this.#problem(who, `subject ${error.message}`);
      return undefined;
    }
  }

  #referenceOf(where: Token): string | undefined {
    const prefix = "network:";
    if (!where.text.startsWith(prefix)) {
      this.#problem(where, "must be network:NAME");
      return undefined;
    }
    const name = { ...where, column: where.column + prefix.length, text: where.text.slice(prefix.length) };
    if (!this.#isNetworkName(name)) return undefined;
    this.#references.push(name);
    return name.text;
  }

  #isNetworkName(token: Token): boolean {
    const isName = networkName.test(token.text);
    if (!isName)
      this.#problem(token, "a network's name is 1 to 32 lower-case letters, digits and _, not _ first");
    return isName;
  }

  #isNew(section: Section): boolean {
    const first = this.#sections.get(section.title);
    if (first)
      this.#problem(
        section.position,
        `[${section.title}] is there twice, first at ${first.file}:${first.line}`,
      );
    else this.#sections.set(section.title, section.position);
    return !first;
  }

  #problem({ file, line, column }: Position, message: string): void {
    this.problems.push({ file, line, column, message });
  }
}

/** Numbers for names (P12): a name that does not exist makes its own rule inert, and nothing else. */
async function resolveRules(
  written: readonly WrittenRule[],
  problems: Problem[],
  resolveNames: ResolveNames,
): Promise<Pick<Policy, "rules" | "warnings"> | undefined> {
  const ids = {
    passwd: await resolveDatabase("passwd", written, resolveNames),
    group: await resolveDatabase("group", written, resolveNames),
  };
  const rules: Rule[] = [];
  const warnings: string[] = [];
  for (const { subject, subjectAt, ...rule } of written) {
    if (subject.kind === "numbered") {
      rules.push({ ...rule, subject: subject.subject });
      continue;
    }
    const [id, another] = ids[subject.database].get(subject.name) ?? [];
    if (id === undefined)
      warnings.push(`${rule.place}: ${subjectAt.text} does not exist: this rule grants nothing`);
    else if (another !== undefined)
      problems.push(problemAt(subjectAt, `is ambiguous: it stands for ${id} and ${another}`));
    else
      try {
        rules.push({ ...rule, subject: numberedSubject(subject.database, id) });
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        problems.push(problemAt(subjectAt, error.message));
      }
  }
  return problems.length === 0 ? { rules, warnings } : undefined;
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
