import type { UsageSample } from "./measure-usage.ts";

/** sysconf(_SC_CLK_TCK): the kernel's USER_HZ, 100 on all architectures that we run on. */
const ticksPerSecond = 100;

/**
 * Pure: how much processor time was used between two samples, in percent of one processor. A process that has come in between has
 * used all of its time in between.
 */
export function cpuPercent(before: UsageSample, after: UsageSample): number {
  let ticks = 0;
  for (const [process, used] of after.cpuTicks)
    ticks += Math.max(0, used - (before.cpuTicks.get(process) ?? 0));
  const elapsedMs = after.timeMs - before.timeMs;
  return elapsedMs <= 0 ? 0 : (100 * (ticks / ticksPerSecond) * 1000) / elapsedMs;
}
