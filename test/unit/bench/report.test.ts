import { expect, test } from "bun:test";
import { evaluate, formatResult } from "../../bench/report.ts";

const scenario = {
  id: "x",
  title: "a race",
  bounds: [
    { peer: "slow", atMost: 0.5 },
    { peer: "fast", atMost: 1.5 },
  ],
};

test("compares medians, not means, and says which bounds are met", () => {
  const result = evaluate(scenario, [
    { name: "ours", rounds: [10, 12, 500] },
    { name: "slow", rounds: [30, 20] },
    { name: "fast", rounds: [6, 1, 7] },
  ]);
  expect(result.rows.map((row) => row.median)).toEqual([12, 25, 6]);
  expect(result.bounds.map(({ isMet }) => isMet)).toEqual([true, false]);
  expect(formatResult(result)).toContain("at most 0.5 x slow: met (0.48)");
  expect(formatResult(result)).toContain("at most 1.5 x fast: not met (2.00)");
});

test("a bound may also be a figure of its own", () => {
  const memory = { id: "x", title: "a diet", unit: "kB", bounds: [{ atMost: 4096 }] } as const;
  const result = evaluate(memory, [{ name: "ours", rounds: [3000, 5000, 4000] }]);
  expect(formatResult(result)).toContain("median kB");
  expect(formatResult(result)).toContain("at most 4096 kB: met (4000.00)");
});

test("more may be better", () => {
  const bounds = [{ peer: "slow", atLeast: 3 }] as const;
  const race = { id: "x", title: "a flood", unit: "Gbit/s", bounds } as const;
  const flood = (ours: number) =>
    evaluate(race, [
      { name: "ours", rounds: [ours] },
      { name: "slow", rounds: [2] },
    ]);
  expect(formatResult(flood(7))).toContain("at least 3 x slow: met (3.50)");
  expect(formatResult(flood(5))).toContain("at least 3 x slow: not met (2.50)");
});

test("a bound against a peer that did not run is not met", () => {
  const result = evaluate(scenario, [{ name: "ours", rounds: [1] }]);
  expect(result.bounds.map(({ isMet }) => isMet)).toEqual([false, false]);
});
