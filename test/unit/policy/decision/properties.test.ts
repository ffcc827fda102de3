import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decide, grantsOf } from "../../../../policy/decide.ts";
import type { AttachmentRequest } from "../../../../policy/decision/request.ts";
import { sizeOf } from "../../../../policy/dimensions.ts";
import { compilePolicy } from "../../../../policy/grammar/compile.ts";
import { PolicyError } from "../../../../policy/grammar/problem.ts";
import type { Limit, Policy, Subject } from "../../../../policy/policy.ts";
import { request, resolveNames } from "../policies.ts";

const numRuns = 1000;
const groups = ["devs", "web", "ops"] as const;
const gids = { devs: 2000, web: 2001, ops: 2002 } as const;

interface Section {
  readonly head: string;
  readonly lines: readonly string[];
}

const limit = fc.oneof(fc.integer({ min: 0, max: 9 }).map(String), fc.constant("unlimited"));
const line = fc.oneof(
  limit.map((value) => `attachments = ${value}`),
  limit.map((value) => `addresses = ${value}`),
  limit.map((value) => `published-ports = ${value}`),
  fc.constantFrom("static-ips = 10.20.0.0/25", "static-ips = 10.20.0.128/26, 10.20.0.7", "static-ips = none"),
  fc.constantFrom(
    "ports = tcp",
    "ports = 443/tcp, 8000-8999/tcp",
    "ports = none",
    "ports = udp, 8080/tcp",
    "ports = tcp\nhost-ips = 192.0.2.1",
  ),
  fc.constantFrom("mac = chosen", "mac = auto"),
  fc.constantFrom("connections = 10", "connections = 9000"),
  fc.constantFrom("nested = yes", "nested = no"),
  fc.constantFrom("names = yes", "names = no"),
  fc.constantFrom("bandwidth = 10M", "bandwidth = unlimited", "bandwidth = 1k"),
);
const keyOf = (text: string) => text.split(" ")[0];
const lines = fc.uniqueArray(line, { selector: keyOf, maxLength: 6 });
const subject = fc.constantFrom(
  "user:#1000",
  "user:#1001",
  "group:#2000",
  "group:#2001",
  "group:#2002",
  "everyone",
);
const rule = fc.record({ head: subject.map((who) => `allow ${who} network:lab`), lines });
const rules = fc.uniqueArray(rule, { selector: ({ head }) => head, maxLength: 6 });
const asker = fc.record({
  uid: fc.constantFrom(1000, 1001, 1002),
  gids: fc.shuffledSubarray(groups.map((name) => gids[name])),
});
const wanted: fc.Arbitrary<AttachmentRequest> = fc.record({
  network: fc.constantFrom("lab", "lab", "lab", "other"),
  staticIps: fc.uniqueArray(fc.constantFrom("10.20.0.7", "10.20.0.130", "10.20.0.200"), { maxLength: 2 }),
  mac: fc.constantFrom(undefined, "02:00:00:00:00:01"),
  ports: fc.uniqueArray(
    fc.record({
      hostIp: fc.constantFrom(undefined, "192.0.2.1"),
      hostPort: fc.constantFrom(443, 8080, 9000),
      containerPort: fc.constant(80),
      protocol: fc.constantFrom("tcp" as const, "udp" as const),
    }),
    { selector: ({ hostPort, protocol }) => `${hostPort}/${protocol}`, maxLength: 2 },
  ),
  names: fc.boolean(),
  callerDepth: fc.constantFrom(0, 0, 1),
  namespaceDepth: fc.constantFrom(1, 1, 2),
  attachmentsUsed: fc.integer({ min: 0, max: 10 }),
  addressesUsed: fc.integer({ min: 0, max: 10 }),
  portsUsed: fc.integer({ min: 0, max: 10 }),
  networkAttachmentsUsed: fc.integer({ min: 0, max: 1000 }),
  addressesPerAttachment: fc.constantFrom(1, 2),
  subnets: fc.constant("unknown" as const),
});

const network: Section = { head: "network lab", lines: ["conflist = lab.conflist"] };

/** The policy of these sections; undefined when it is refused. Each part is a file. */
async function policyOf(...files: readonly (readonly Section[])[]): Promise<Policy | undefined> {
  const sources = files.map((sections, index) => ({
    file: `${index}.conf`,
    bytes: Buffer.from(sections.map(({ head, lines }) => [`[${head}]`, ...lines, ""].join("\n")).join("\n")),
  }));
  try {
    return await compilePolicy(sources, resolveNames);
  } catch (error) {
    if (error instanceof PolicyError) return undefined;
    throw error;
  }
}

/** A verdict without the places, which move with the lines. */
function verdict(policy: Policy, who: Subject, what: AttachmentRequest): unknown {
  const withoutPlaces = (value: unknown) =>
    JSON.parse(JSON.stringify(value).replaceAll(/ ?\(?\d\.conf:\d+\)?/g, ""));
  return withoutPlaces(decide(policy, who, what));
}

describe("whatever the policy", () => {
  test("the order of sections, keys and files has no influence (C10)", async () => {
    const shuffledTwice = rules.chain((sections) =>
      fc.tuple(
        fc.constant(sections),
        fc.shuffledSubarray([network, ...sections], { minLength: sections.length + 1 }),
        fc.nat(sections.length + 1),
      ),
    );
    await fc.assert(
      fc.asyncProperty(shuffledTwice, asker, wanted, async ([sections, shuffled, cut], who, what) => {
        const turned = shuffled.map(({ head, lines }) => ({ head, lines: lines.toReversed() }));
        const one = await policyOf([network, ...sections]);
        const other = await policyOf(turned.slice(0, cut), turned.slice(cut));
        expect(other === undefined).toBe(one === undefined);
        if (one && other) expect(verdict(other, who, what)).toEqual(verdict(one, who, what));
      }),
      { numRuns },
    );
  });

  test("limits never add up: nobody has more than some single rule gives (Q8)", async () => {
    await fc.assert(
      fc.asyncProperty(rules, asker, async (sections, who) => {
        const policy = await policyOf([network, ...sections]);
        if (!policy) return;
        const stated = policy.rules.flatMap(({ values }) => values.attachments?.value ?? []);
        const largest = Math.max(0, ...stated.map((value: Limit) => sizeOf(value)));
        for (const { attachments } of grantsOf(policy, who))
          expect(sizeOf(attachments)).toBeLessThanOrEqual(largest);
        const beyond = { attachmentsUsed: largest, addressesUsed: 0 };
        if (Number.isFinite(largest)) expect(decide(policy, who, request(beyond)).outcome).toBe("deny");
      }),
      { numRuns },
    );
  });

  test("what no rule is for is denied (C5)", async () => {
    await fc.assert(
      fc.asyncProperty(rules, wanted, async (sections, what) => {
        const policy = await policyOf([
          network,
          ...sections.filter(({ head }) => !head.includes("everyone")),
        ]);
        if (!policy) return;
        for (const uid of [0, 1003, 4294967294])
          expect(decide(policy, { uid, gids: [uid, 100] }, what).outcome).toBe("deny");
      }),
      { numRuns },
    );
  });

  test("leaving a group never gives anything (P11)", async () => {
    await fc.assert(
      fc.asyncProperty(rules, asker, wanted, fc.nat(), async (sections, who, what, which) => {
        const policy = await policyOf([network, ...sections]);
        if (!policy) return;
        const fewer = { uid: who.uid, gids: who.gids.filter((_, index) => index !== which % 3) };
        const [without, withIt] = [decide(policy, fewer, what), decide(policy, who, what)];
        if (without.outcome === "deny") return;
        if (withIt.outcome === "deny") throw new Error(withIt.reason.text);
        for (const key of ["bandwidthIn", "bandwidthOut", "connections"] as const)
          expect(sizeOf(withIt.plan.limits[key])).toBeGreaterThanOrEqual(sizeOf(without.plan.limits[key]));
      }),
      { numRuns: numRuns * 3 },
    );
  });

  test("asking for less is never denied where more was granted", async () => {
    await fc.assert(
      fc.asyncProperty(rules, asker, wanted, async (sections, who, what) => {
        const policy = await policyOf([network, ...sections]);
        if (!policy || decide(policy, who, what).outcome === "deny") return;
        const less = [
          { ports: what.ports.slice(1) },
          { staticIps: what.staticIps.slice(1) },
          { mac: undefined },
          { names: false },
          { callerDepth: 0, namespaceDepth: 1 },
          { attachmentsUsed: 0 },
          { addressesUsed: 0 },
          { portsUsed: 0 },
          { networkAttachmentsUsed: 0 },
        ];
        for (const changes of less)
          expect(decide(policy, who, { ...what, ...changes }).outcome).toBe("allow");
      }),
      { numRuns },
    );
  });
});
