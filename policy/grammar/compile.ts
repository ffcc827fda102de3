import { dimensions, limitKeys } from "../dimensions.ts";
import {
  hashOf,
  type Network,
  type Policy,
  type PolicySource,
  type Publication,
  type StatedValues,
} from "../policy.ts";
import { groupRuleProblems } from "./group-rules.ts";
import { PolicyError, type Position, type Problem } from "./problem.ts";
import { resolveRules, type WrittenRule } from "./resolve-rules.ts";
import { type Section, scan, type Token } from "./scan.ts";
import {
  type AllowValues,
  mostAttachments,
  type Read,
  readAllowSection,
  readNetworkSection,
} from "./sections.ts";
import { parseSubject, type ResolveNames, type WrittenSubject } from "./subject.ts";
import { ValueError } from "./values.ts";
import { warningsAbout } from "./warnings.ts";

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
  const { networks, rules, problems } = readSources(sources);
  if (problems.length > 0) throw new PolicyError(problems);
  const resolved = await resolveRules(rules, resolveNames);
  const warnings = [...resolved.warnings, ...warningsAbout(networks, rules)];
  return { networks, ...resolved, warnings, hash: hashOf(sources), sources };
}

function readSources(sources: readonly PolicySource[]): PolicyReader {
  const reader = new PolicyReader();
  for (const { file, bytes } of sources) {
    const { sections, problems } = scan(file, bytes);
    reader.problems.push(...problems);
    for (const section of sections) reader.take(section);
  }
  reader.finish();
  return reader;
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

  /** Checks what can only be said of the whole. */
  finish(): void {
    for (const token of this.#references)
      if (!this.#sections.has(`network ${token.text}`))
        this.#problem(token, `there is no [network ${token.text}]`);
    this.problems.push(...groupRuleProblems(this.rules));
  }

  #takeNetwork(section: Section, [name]: readonly Token[]): void {
    if (!name || !this.#isNetworkName(name)) return;
    const isNew = this.#isNew(section);
    const values = readNetworkSection(section, this.problems);
    if (!isNew || values?.conflist === undefined) return;
    const egress = values.egress?.value ?? "none";
    const hostAccess = values["host-access"]?.value ?? "none";
    this.networks.set(name.text, {
      name: name.text,
      conflist: values.conflist.value,
      attachments: values.attachments?.value ?? mostAttachments,
      isolation: values.isolation?.value ?? "user",
      hostAccess,
      egress: typeof egress === "string" ? egress : egress.map(({ text }) => text),
      masquerade: values.masquerade?.value ?? false,
      place: placeOf(section.position),
    });
  }

  #takeAllow(section: Section, [who, where]: readonly Token[]): void {
    const subject = who && this.#subjectOf(who);
    const network = where && this.#referenceOf(where);
    const isNew = this.#isNew(section);
    const read = readAllowSection(section, this.problems);
    const stated = read && this.#statedValues(read);
    const values = stated && withLimits(stated);
    if (!subject || !network || !isNew || !values) return;
    const { title, position, entries } = section;
    this.rules.push({ subject, who, network, title, place: placeOf(position), values, entries });
  }

  #statedValues(read: AllowValues): StatedValues | undefined {
    const { ports, bandwidth } = read;
    const hostIps = read["host-ips"];
    if (hostIps && !ports) {
      this.#problem(
        hostIps.token,
        "host-ips says where the ports of the same rule may be published, and there are none",
      );
      return undefined;
    }
    for (const direction of ["bandwidth-in", "bandwidth-out"] as const) {
      const also = read[direction];
      if (!bandwidth || !also) continue;
      this.#problem(also.token, `${direction} is given by bandwidth already, which is for both directions`);
      return undefined;
    }
    const publish: Read<readonly Publication[]> | undefined = ports && {
      value: [{ ports: ports.value, hostIps: hostIps?.value ?? "any" }],
      token: ports.token,
    };
    return {
      ...stated("attachments", read.attachments),
      ...stated("addresses", read.addresses),
      ...stated("publishedPorts", read["published-ports"]),
      ...stated("staticIps", read["static-ips"]),
      ...stated("mac", read.mac),
      ...stated("publish", publish),
      ...stated("bandwidthIn", read["bandwidth-in"] ?? bandwidth),
      ...stated("bandwidthOut", read["bandwidth-out"] ?? bandwidth),
      ...stated("connections", read.connections),
      ...stated("nested", read.nested),
      ...stated("names", read.names),
    };
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
      this.#problem(section.position, `[${section.title}] is there twice, first at ${placeOf(first)}`);
    else this.#sections.set(section.title, section.position);
    return !first;
  }

  #problem({ file, line, column }: Position, message: string): void {
    this.problems.push({ file, line, column, message });
  }
}

/**
 * A rule that gives attachments gives them with all limits, those that it does not mention by default. If they came from
 * elsewhere, a group's rule could take from somebody what she has without the group (P11).
 */
function withLimits(values: StatedValues): StatedValues {
  const { attachments } = values;
  if (!attachments || attachments.value === 0) return values;
  const { place } = attachments;
  const defaults = limitKeys.map((key) => [key, { value: dimensions[key].fallback, place }]);
  return { ...Object.fromEntries(defaults), ...values };
}

function stated<Key extends string, Value>(key: Key, read: Read<Value> | undefined) {
  if (!read) return {};
  return { [key]: { value: read.value, place: placeOf(read.token) } } as {
    readonly [Name in Key]: { readonly value: Value; readonly place: string };
  };
}

function placeOf({ file, line }: Position): string {
  return `${file}:${line}`;
}
