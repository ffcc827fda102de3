import type { StressOutcome } from "./run-stress.ts";

/** The figures of a stress as text: what was done, how much of it failed, and what was killed. */
export function describeStress({ tally, killsByKind, seconds }: StressOutcome, seed: number): string {
  const { doneByKind, failedByKind } = tally;
  const done = sumOf(doneByKind);
  const operations = byCount(doneByKind).map(
    ([kind, count]) =>
      `  ${kind.padEnd(24)}${`${count}`.padStart(6)}${`${failedByKind.get(kind) ?? 0}`.padStart(8)}`,
  );
  const kills = byCount(killsByKind).map(([kind, count]) => `  ${kind.padEnd(24)}${`${count}`.padStart(6)}`);
  return [
    `seed ${seed}: ${done} operations, ${sumOf(killsByKind)} kills, ${seconds.toFixed(1)} s`,
    `  ${"operation".padEnd(24)}${"done".padStart(6)}${"failed".padStart(8)}`,
    ...operations,
    `  ${"killed".padEnd(24)}${"times".padStart(6)}`,
    ...kills,
  ].join("\n");
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function byCount(counts: ReadonlyMap<string, number>): (readonly [string, number])[] {
  return [...counts].sort(([, a], [, b]) => b - a);
}
