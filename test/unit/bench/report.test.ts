import { expect, test } from "bun:test";
import { evaluate, formatResult } from "../../bench/report.ts";

const scenario = {
  id: "x",
  title: "a race",
  bounds: [
    { peer: "slow", factor: 0.5 },
    { peer: "fast", factor: 1.5 },
  ],
};

test("compares medians, not means, and says which bounds are met", () => {
  const result = evaluate(scenario, [
    { name: "ours", roundsMs: [10, 12, 500] },
    { name: "slow", roundsMs: [30, 20] },
    { name: "fast", roundsMs: [6, 1, 7] },
  ]);
  expect(result.rows.map((row) => row.medianMs)).toEqual([12, 25, 6]);
  expect(result.bounds.map(({ isMet }) => isMet)).toEqual([true, false]);
  expect(formatResult(result)).toContain("at most 0.5 x slow: met (0.48)");
  expect(formatResult(result)).toContain("at most 1.5 x fast: not met (2.00)");
});

test("a bound against a peer that did not run is not met", () => {
  const result = evaluate(scenario, [{ name: "ours", roundsMs: [1] }]);
  expect(result.bounds.map(({ isMet }) => isMet)).toEqual([false, false]);
});
