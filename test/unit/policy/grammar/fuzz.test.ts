import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parseRange } from "../../../../policy/address/address.ts";
import { dimensions, ruleKeys } from "../../../../policy/dimensions.ts";
import { compilePolicy } from "../../../../policy/grammar/compile.ts";
import { PolicyError } from "../../../../policy/grammar/problem.ts";
import type { Policy, Rule, RuleKey } from "../../../../policy/policy.ts";
import { resolveNames } from "../policies.ts";

const corpusDirectory = join(import.meta.dirname, "../corpus");
const corpus = readdirSync(corpusDirectory)
  .filter((name) => name.endsWith(".conf"))
  .map((name) => ({ name, bytes: readFileSync(join(corpusDirectory, name)) }));

/** For a long run by hand: CNTNR_FUZZ_RUNS=1000000. */
const numRuns = Number(process.env.CNTNR_FUZZ_RUNS ?? 3000);

/** A policy, or the error by which it is refused; anything else that is thrown is a defect. */
async function outcomeOf(bytes: Buffer): Promise<Policy | PolicyError> {
  try {
    return await compilePolicy([{ file: "a.conf", bytes }], resolveNames);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
}

const pieces = [
  "[",
  "]",
  "[network lab]",
  "[allow everyone network:lab]",
  "user:#1000",
  "group:devs",
  "network:",
  "=",
  ";",
  "#",
  ",",
  "\n",
  "\r",
  "\0",
  "\t",
  " ",
  "none",
  "any",
  "all",
  "unlimited",
  "yes",
  "no",
  "true",
  "null",
  "__proto__",
  "constructor",
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
  "\\",
  '"',
  "\u00a0",
  "\u202e",
  "attachments = 1\n",
  "ports = tcp\n",
  "host-ips = any\n",
  "bandwidth = 1M\n",
  "conflist = lab.conflist\n",
].map((text) => Buffer.from(text));

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: Buffer;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(2000),
  remove: fc.oneof(fc.constant(0), fc.nat(4), fc.nat(60)),
  insert: fc.oneof(
    fc.constantFrom(...pieces),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(...corpus.map(({ bytes }) => bytes)),
  ),
});

function mutate(bytes: Buffer, edits: readonly Edit[]): Buffer {
  return edits.reduce((text, { at, remove, insert }) => {
    const start = at % (text.length + 1);
    return Buffer.concat([text.subarray(0, start), insert, text.subarray(start + remove)]);
  }, bytes);
}

const mutated = fc
  .tuple(fc.constantFrom(...corpus), fc.array(edit, { minLength: 1, maxLength: 6 }))
  .map(([{ bytes }, edits]) => mutate(bytes, edits));

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
  const valuesOf = <Key extends RuleKey>(rule: Rule, key: Key): string[] => {
    const stated = rule.values[key];
    if (!stated) return [];
    const [value, hostIps] = dimensions[key].show(stated.value as never).split(" on ");
    return [`${dimensions[key].key} = ${value}`, ...(hostIps === undefined ? [] : [`host-ips = ${hostIps}`])];
  };
  const rules = policy.rules.map((rule) =>
    [`[${rule.title}]`, ...ruleKeys.flatMap((key) => valuesOf(rule, key))].join("\n"),
  );
  return `${[...networks, ...rules].join("\n")}\n`;
}

function withoutPlaces(policy: Policy): unknown {
  const plain = { networks: [...policy.networks.values()], rules: policy.rules };
  const text = JSON.stringify(plain, (key, value) => {
    if (key === "place") return undefined;
    return typeof value === "bigint" ? String(value) : value;
  });
  return JSON.parse(text);
}

function expectSound(policy: Policy): void {
  for (const [key, { name, attachments, egress }] of policy.networks) {
    expect(name).toBe(key);
    expect(name).toMatch(/^[a-z0-9][a-z0-9_]{0,31}$/);
    expect(attachments).toBeWithin(1, 1000);
    if (typeof egress !== "string") for (const text of egress) expect(parseRange(text)?.text).toBe(text);
  }
  for (const { network, subject } of policy.rules) {
    expect(policy.networks.has(network)).toBeTrue();
    if (subject.kind === "user") expect(subject.uid).toBeWithin(0, 4294967295);
  }
}

describe("the corpus", () => {
  test.each(corpus)("of policy files is judged rightly: $name", async ({ name, bytes }) => {
    expect((await outcomeOf(bytes)) instanceof PolicyError).toBe(name.startsWith("bad-"));
  });
});

describe("whatever bytes a policy file has", () => {
  test("it is a sound policy, which means the same when it is written down again, or every problem has a place", async () => {
    await fc.assert(
      fc.asyncProperty(mutated, async (bytes) => {
        const outcome = await outcomeOf(bytes);
        if (outcome instanceof PolicyError) {
          expect(outcome.problems.length).toBeGreaterThan(0);
          const lines = bytes.toString().split("\n");
          for (const { line, column } of outcome.problems) {
            expect(line).toBeWithin(1, lines.length + 1);
            expect(column).toBeWithin(1, (lines[line - 1] ?? "").length + 2);
          }
          return;
        }
        expectSound(outcome);
        const again = await outcomeOf(Buffer.from(writtenDown(outcome)));
        if (again instanceof PolicyError) throw again;
        expect(withoutPlaces(again)).toEqual(withoutPlaces(outcome));
      }),
      { numRuns },
    );
  }, 0);

  test("it is read in a time that grows with its size alone (Q10)", async () => {
    for (const piece of pieces) {
      const bytes = Buffer.concat(Array<Buffer>(200_000).fill(piece)).subarray(0, 1024 * 1024);
      const started = performance.now();
      await outcomeOf(bytes);
      expect(performance.now() - started).toBeLessThan(5000);
    }
  }, 60_000);
});
