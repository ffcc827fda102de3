import { describe, expect, test } from "bun:test";
import { PolicyError } from "../../../../policy/grammar/problem.ts";
import { policyExamples, policyOf, policyPieces } from "../../../fuzz/targets/policy.ts";

// Whatever other bytes a policy file has: test/unit/fuzz.
test.each([...policyExamples])("the policy file $name is judged rightly", async ({ name, bytes }) => {
  expect((await policyOf(bytes)) instanceof PolicyError).toBe(name.startsWith("bad-"));
});

describe("whatever bytes a policy file has", () => {
  test("it is read in a time that grows with its size alone (Q10)", async () => {
    for (const piece of policyPieces) {
      const bytes = Buffer.concat(Array<Buffer>(200_000).fill(piece)).subarray(0, 1024 * 1024);
      const started = performance.now();
      await policyOf(bytes);
      expect(performance.now() - started).toBeLessThan(5000);
    }
  }, 60_000);
});
