import { cpus, release } from "node:os";
import type { Scenario } from "./scenario.ts";
import type { Timing } from "./time-commands.ts";

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly rows: readonly Row[];
  readonly bounds: readonly BoundResult[];
}

interface Row {
  readonly name: string;
  readonly medianMs: number;
  readonly minimumMs: number;
  readonly maximumMs: number;
  /** Our median divided by this one's. */
  readonly ratio: number;
  readonly roundsMs: readonly number[];
}

interface BoundResult {
  readonly peer: string;
  readonly atMost: number;
  readonly ratio: number;
  readonly isMet: boolean;
}

/** Medians, spreads and ratios of one scenario; the first timing is ours. */
export function evaluate(
  scenario: Pick<Scenario, "id" | "title" | "bounds">,
  timings: readonly Timing[],
): ScenarioResult {
  const ours = median(timings[0]?.roundsMs ?? []);
  const rows = timings.map(({ name, roundsMs }) => ({
    name,
    medianMs: median(roundsMs),
    minimumMs: Math.min(...roundsMs),
    maximumMs: Math.max(...roundsMs),
    ratio: ours / median(roundsMs),
    roundsMs,
  }));
  const bounds = scenario.bounds.map(({ peer, factor }) => {
    const ratio = rows.find(({ name }) => name === peer)?.ratio ?? Number.NaN;
    return { peer, atMost: factor, ratio, isMet: ratio <= factor };
  });
  return { id: scenario.id, title: scenario.title, rows, bounds };
}

/** Lines for a person. */
export function formatResult({ title, rows, bounds }: ScenarioResult): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const number = (value: number) => value.toFixed(1).padStart(9);
  const lines = rows.map(
    (row) =>
      `  ${row.name.padEnd(width)} ${number(row.medianMs)} ${number(row.minimumMs)} ${number(row.maximumMs)}  ${row.ratio.toFixed(2)}`,
  );
  const heading = `  ${"".padEnd(width)} ${"median ms".padStart(9)} ${"min".padStart(9)} ${"max".padStart(9)}  ours/its`;
  const verdicts = bounds.map(
    ({ peer, atMost, ratio, isMet }) =>
      `  at most ${atMost.toFixed(1)} x ${peer}: ${isMet ? "met" : "not met"} (${ratio.toFixed(2)})`,
  );
  return [`${title} (${rows[0]?.roundsMs.length ?? 0} rounds)`, heading, ...lines, ...verdicts].join("\n");
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
