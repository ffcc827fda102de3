import { readdirSync, readFileSync } from "node:fs";

/** What this process uses of the machine. */
export interface ProcessStats {
  readonly residentBytes: number;
  readonly openDescriptors: number;
  /** RLIMIT_NOFILE, the limit in force. */
  readonly mostDescriptors: number;
  readonly cpuSeconds: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly startedAtMs: number;
}

/** proc_pid_limits(5), proc_pid_fd(5). */
export function processStats(): ProcessStats {
  const [, most] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: process.memoryUsage.rss(),
    // The reading itself has one open.
    openDescriptors: readdirSync("/proc/self/fd").length - 1,
    mostDescriptors: Number(most),
    cpuSeconds: (user + system) / 1e6,
    startedAtMs: Math.round(Date.now() - process.uptime() * 1000),
  };
}
