import { deepStrictEqual } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseRange } from "../../../policy/address/address.ts";
import { dimensions, ruleKeys } from "../../../policy/dimensions.ts";
import { compilePolicy } from "../../../policy/grammar/compile.ts";
import { PolicyError } from "../../../policy/grammar/problem.ts";
import type { Policy, Rule, RuleKey } from "../../../policy/policy.ts";
import type { Random } from "../../fixtures/random.ts";
import { resolveNames } from "../../unit/policy/policies.ts";
import { kindOf, type Target } from "../fuzz.ts";

const exampleDirectory = join(import.meta.dirname, "../../unit/policy/corpus");

/** Policies that are judged by their names, `ok-` and `bad-`. */
export const policyExamples = readdirSync(exampleDirectory)
  .filter((name) => name.endsWith(".conf"))
  .map((name) => ({ name, bytes: readFileSync(join(exampleDirectory, name)) }));

const values = [
  "none",
  "any",
  "all",
  "unlimited",
  "yes",
  "no",
  "true",
  "null",
  "0",
  "010",
  "999",
  "1000",
  "4294967295",
  "65535/tcp",
  "1-65535/udp",
  "0.0.0.0/0",
  "::/0",
  "::ffff:1.2.3.4",
  "1M",
  "tcp",
  "lab.conflist",
];
const lines = [
  "[network lab]",
  "[allow everyone network:lab]",
  "[allow user:#1000 network:lab]",
  "[allow group:devs network:lab]",
  "conflist = lab.conflist",
  "attachments = 1",
  "ports = tcp",
  "host-ips = any",
  "bandwidth = 1M",
  "; a comment",
  "",
];

/** Pieces of policies, and of what other programs would make of them. */
export const policyPieces: readonly Buffer[] = [
  ...'[]=;#,\n\r\0\t \\"'.split(""),
  ...values,
  ...lines.map((text) => `${text}\n`),
  "user:",
  "network:",
  "__proto__",
  "constructor",
  "\u00a0",
  "\u202e",
].map((text) => Buffer.from(text));

/** A policy, or the error by which it is refused; anything else that is thrown is a defect. */
export async function policyOf(bytes: Buffer): Promise<Policy | PolicyError> {
  try {
    return await compilePolicy([{ file: "a.conf", bytes }], resolveNames);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
}

/**
 * Bytes of a policy file: a sound policy, which means the same when it is written down again and is not changed by
 * what has no meaning behind it; or every problem has a place.
 */
export function policyTarget(): Target {
  return {
    name: "policy",
    mostBytes: 65_536,
    seeds: policyExamples.map(({ bytes }) => bytes),
    dictionary: policyPieces,
    mutate: mutateLines,
    run: outcomeOf,
  };
}

function mutateLines(input: Buffer, random: Random): Buffer {
  const all = input.toString("latin1").split("\n");
  const at = random.below(all.length);
  const line = all[at] ?? "";
  const [key = ""] = line.split("=");
  const others = [...all.slice(0, at), ...all.slice(at + 1)];
  const to = random.below(all.length);
  const moved = [...others.slice(0, to), line, ...others.slice(to)];
  const changed = {
    without: others,
    moved,
    twice: [...moved, line],
    value: all.with(at, `${key}= ${random.pick(values)}`),
    longer: all.with(at, `${line}, ${random.pick(values)}`),
    more: [...all.slice(0, at), random.pick(lines) ?? "", ...all.slice(at)],
  };
  const kind = random.of(["without", "moved", "twice", "value", "value", "longer", "longer", "more"]);
  return Buffer.from(changed[kind].join("\n"), "latin1");
}

async function outcomeOf(input: Buffer): Promise<string> {
  const policy = await policyOf(input);
  if (policy instanceof PolicyError) {
    requirePlaces(policy, input.toString().split("\n"));
    const [problem] = policy.problems;
    return kindOf((problem?.message ?? "").replace(names, "$1 X"));
  }
  requireSound(policy);
  const again = await policyOf(Buffer.from(writtenDown(policy)));
  if (again instanceof PolicyError) throw again;
  deepStrictEqual(withoutPlaces(again), withoutPlaces(policy));
  await requireUnchangedBy(tailsOf(input), policy, input);
  const keys = new Set(policy.rules.flatMap(({ values }) => ruleKeys.filter((key) => values[key])));
  return `a policy of ${policy.networks.size} networks, ${policy.rules.length} rules, ${keys.size} keys`;
}

/** What problems say of the text itself. */
const names =
  /^()\S+(?= has no value$)|\b(?:(unknown key|gives) [^ ;]+|(control character) \S+)|(?:^|(?<=no ))()\[[^\]]*\]/g;

/** Broken ends of files: parts of lines that have no meaning by themselves, and whatever a disk may hold. */
function tailsOf(input: Buffer): Buffer[] {
  const fixed = ["[", "[allow everyone network:lab", "attachments", "= 5", "\0\0\0\0", "\ufeff", "yes", "]"];
  return [...fixed.map((text) => Buffer.from(text)), Buffer.from(input.subarray(-40)).reverse()];
}

/** A line that says something in a policy. */
const statement = /^\s*(\[(network|allow)\s.*\]|[a-z-]+\s*=.*)\s*$/;

/** What has no meaning, behind a good policy, makes it a bad one or changes nothing of it. */
async function requireUnchangedBy(tails: readonly Buffer[], policy: Policy, input: Buffer): Promise<void> {
  for (const tail of tails) {
    if (
      tail
        .toString("latin1")
        .split("\n")
        .some((line) => statement.test(line))
    )
      continue;
    const longer = await policyOf(Buffer.concat([input, Buffer.from("\n"), tail]));
    if (!(longer instanceof PolicyError)) deepStrictEqual(withoutPlaces(longer), withoutPlaces(policy));
  }
}

function requirePlaces({ problems }: PolicyError, all: readonly string[]): void {
  const isPlace = ({ line, column }: PolicyError["problems"][number]) =>
    line >= 1 && line <= all.length + 1 && column >= 1 && column <= (all[line - 1] ?? "").length + 2;
  if (problems.length === 0 || !problems.every(isPlace))
    throw new Error(`a problem without a place: ${JSON.stringify(problems)}`);
}

function requireSound({ networks, rules }: Policy): void {
  for (const [key, { name, attachments, egress }] of networks) {
    const isSound =
      name === key &&
      /^[a-z0-9][a-z0-9_]{0,31}$/.test(name) &&
      attachments >= 1 &&
      attachments < 1000 &&
      (typeof egress === "string" || egress.every((text) => parseRange(text)?.text === text));
    if (!isSound) throw new Error(`network ${name} is not sound`);
  }
  for (const { network, subject, title } of rules) {
    const isUid = subject.kind !== "user" || (subject.uid >= 0 && subject.uid <= 0xffff_ffff);
    if (!networks.has(network) || !isUid) throw new Error(`rule ${title} is not sound`);
  }
}

/** The policy as an admin would write it down, from what is known of it alone. */
function writtenDown(policy: Policy): string {
  const list = (value: string | readonly string[]) =>
    typeof value === "string" ? value : value.join(", ") || "none";
  const networks = [...policy.networks.values()].map(({ name, hostAccess, egress, ...network }) => {
    const ports =
      typeof hostAccess === "string"
        ? hostAccess
        : hostAccess.map(({ protocol, first, last }) => `${first}-${last}/${protocol}`);
    return `[network ${name}]\nconflist = ${network.conflist}\nattachments = ${network.attachments}\nisolation = ${network.isolation}\nhost-access = ${list(ports)}\negress = ${list(egress)}\nmasquerade = ${network.masquerade ? "yes" : "no"}`;
  });
  const rules = policy.rules.map((rule) =>
    [`[${rule.title}]`, ...ruleKeys.flatMap((key) => statementsOf(rule, key))].join("\n"),
  );
  return `${[...networks, ...rules].join("\n")}\n`;
}

function statementsOf<Key extends RuleKey>(rule: Rule, key: Key): string[] {
  const stated = rule.values[key];
  if (!stated) return [];
  const [value, hostIps] = dimensions[key].show(stated.value as never).split(" on ");
  return [`${dimensions[key].key} = ${value}`, ...(hostIps === undefined ? [] : [`host-ips = ${hostIps}`])];
}

function withoutPlaces(policy: Policy): unknown {
  const plain = { networks: [...policy.networks.values()], rules: policy.rules };
  const text = JSON.stringify(plain, (key, value) => {
    if (key === "place") return undefined;
    // Addresses of no ports are none.
    if (Array.isArray(value?.ports) && value.ports.length === 0) return "nothing is published";
    return typeof value === "bigint" ? String(value) : value;
  });
  return JSON.parse(text);
}
