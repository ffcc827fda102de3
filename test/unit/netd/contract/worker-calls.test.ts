import { expect, test } from "bun:test";
import { Ajv } from "ajv";
import fc from "fast-check";
import { requestSchemas } from "../../../../netd/contract/worker-calls.ts";
import { PolicyError } from "../../../../policy/grammar/problem.ts";
import type { Policy } from "../../../../policy/policy.ts";
import { compile } from "../../policy/policies.ts";

const isConfigure = new Ajv().compile(requestSchemas.configure);

async function policyWith(network: string, conflist: string): Promise<Policy | undefined> {
  try {
    return await compile(`[network ${network}]\nconflist = ${conflist}\n`);
  } catch (error) {
    if (error instanceof PolicyError) return undefined;
    throw error;
  }
}

test("every network of a good policy has room in the worker's form: what has not would end the front (C4)", async () => {
  const name = fc.string({ unit: fc.constantFrom(..."aA0_.-/ "), minLength: 1, maxLength: 70 });
  let good = 0;
  await fc.assert(
    fc.asyncProperty(name, name, async (network, conflist) => {
      const policy = await policyWith(network.slice(0, 33), `${conflist}.conflist`);
      const networks = [...(policy?.networks.values() ?? [])];
      good += networks.length;
      const choices = networks.map((one) => ({ network: one.name, conflist: one.conflist }));
      expect(isConfigure({ networks: choices }), JSON.stringify(choices)).toBeTrue();
    }),
    {
      numRuns: 2000,
      examples: [
        ["a", "-x"],
        ["a_0", "_x"],
        ["a", "a".repeat(64)],
      ],
    },
  );
  expect(good).toBeGreaterThan(2);
});
