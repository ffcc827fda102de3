import { expect, test } from "bun:test";
import { Random } from "../../fixtures/random.ts";
import { fuzz } from "../../fuzz/fuzz.ts";
import { contractTarget } from "../../fuzz/targets/contract.ts";
import { messagesTarget } from "../../fuzz/targets/messages.ts";
import { policyTarget } from "../../fuzz/targets/policy.ts";

/** Of each target beside the corpus; `npm run test:fuzz -- MINUTES` tries millions. */
const inputs = 4000;

test.each([
  ["policy files are sound policies or refused with a place", policyTarget],
  [
    "requests become plans within the policy, in the worker's form, or are refused in netd's own words",
    messagesTarget,
  ],
  ["what the front says is harmless to the worker, or the front's end", contractTarget],
])("whatever bytes come: %s (R15)", async (_, targetOf) => {
  const target = await targetOf();
  const { tried, outcomes } = await fuzz(target, {
    random: new Random(1),
    isOver: (tried) => tried >= inputs,
  });
  expect(tried).toBeGreaterThanOrEqual(inputs);
  // It came further than to the first check.
  expect(outcomes.size).toBeGreaterThan(20);
});
