import { cpus, release } from "node:os";
import type { Scenario } from "./scenario.ts";
import type { Measurement } from "./time-commands.ts";

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly Row[];
  readonly bounds: readonly BoundResult[];
}

interface Row {
  readonly name: string;
  readonly median: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Our median divided by this one's. */
  readonly ratio: number;
  readonly rounds: readonly number[];
}

interface BoundResult {
  /** What was to be, in words. */
  readonly bound: string;
  readonly actual: number;
  readonly isMet: boolean;
}

/** Medians, spreads and ratios of one scenario; the first timing is ours. */
export function evaluate(
  scenario: Pick<Scenario, "id" | "title" | "bounds" | "unit">,
  timings: readonly Measurement[],
): ScenarioResult {
  const ours = median(timings[0]?.rounds ?? []);
  const rows = timings.map(({ name, rounds }) => ({
    name,
    median: median(rounds),
    minimum: Math.min(...rounds),
    maximum: Math.max(...rounds),
    ratio: ours / median(rounds),
    rounds,
  }));
  const unit = scenario.unit ?? "ms";
  const bounds = scenario.bounds.map((bound): BoundResult => {
    const { peer } = bound;
    const actual = peer === undefined ? ours : (rows.find(({ name }) => name === peer)?.ratio ?? Number.NaN);
    const [word, figure] = "atMost" in bound ? ["at most", bound.atMost] : ["at least", bound.atLeast];
    return {
      bound: `${word} ${Number(figure.toFixed(2))} ${peer === undefined ? unit : `x ${peer}`}`,
      actual,
      isMet: "atMost" in bound ? actual <= figure : actual >= figure,
    };
  });
  return { id: scenario.id, title: scenario.title, unit, rows, bounds };
}

/** Lines for a person. */
export function formatResult({ title, unit, rows, bounds }: ScenarioResult): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const number = (value: number) => value.toFixed(1).padStart(9);
  const lines = rows.map(
    (row) =>
      `  ${row.name.padEnd(width)} ${number(row.median)} ${number(row.minimum)} ${number(row.maximum)}  ${row.ratio.toFixed(2)}`,
  );
  const heading = `  ${"".padEnd(width)} ${`median ${unit}`.padStart(9)} ${"min".padStart(9)} ${"max".padStart(9)}  ours/its`;
  const verdicts = bounds.map(
    ({ bound, actual, isMet }) => `  ${bound}: ${isMet ? "met" : "not met"} (${actual.toFixed(2)})`,
  );
  return [`${title} (${rows[0]?.rounds.length ?? 0} rounds)`, heading, ...lines, ...verdicts].join("\n");
}

/** What the figures depend on. */
export function describeMachine(versions: Readonly<Record<string, string>>) {
  return { kernel: release(), processors: cpus().length, model: cpus()[0]?.model ?? "", versions };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
