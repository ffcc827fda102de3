import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hasErrno } from "../errors/cntnr-error.ts";
import { unifiedMountPoint } from "./delegation.ts";

/** What all processes of a cgroup have used, also those that have ended (cgroup-v2.rst). */
export interface CgroupUsage {
  /** Processor time in clock ticks of a hundredth of a second. */
  readonly cpuTicks: ReadonlyMap<string, number>;
  readonly memoryBytes: number;
  readonly memoryLimitBytes?: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly processes: number;
}

const microsecondsPerTick = 10_000;

/** The directory of the cgroup that a container has for itself; undefined where it is in somebody else's. */
export function ownCgroup(initPid: number, id: string): string | undefined {
  const path = /^0::(\/.*)$/m.exec(read(`/proc/${initPid}/cgroup`))?.[1];
  if (path === undefined || !path.split("/").includes(id)) return undefined;
  const mountPoint = unifiedMountPoint(read("/proc/self/mountinfo"));
  return mountPoint === undefined ? undefined : join(mountPoint, path.slice(0, path.indexOf(id) + id.length));
}

/** What is not limited has no file for it in some cgroups: it counts as nothing used. */
export function cgroupUsage(directory: string): CgroupUsage {
  const of = (name: string) => read(join(directory, name));
  const number = (text: string) => (/^\d+$/.test(text.trim()) ? Number(text) : 0);
  const io = of("io.stat");
  const limit = of("memory.max").trim();
  // Docker's: what could be given back at once does not count.
  const inactiveBytes = field(of("memory.stat"), /^inactive_file (\d+)$/gm);
  return {
    cpuTicks: new Map([[directory, field(of("cpu.stat"), /^usage_usec (\d+)$/gm) / microsecondsPerTick]]),
    memoryBytes: Math.max(0, number(of("memory.current")) - inactiveBytes),
    ...(/^\d+$/.test(limit) ? { memoryLimitBytes: Number(limit) } : {}),
    readBytes: field(io, /\brbytes=(\d+)/g),
    writtenBytes: field(io, /\bwbytes=(\d+)/g),
    processes: number(of("pids.current")),
  };
}

/** The sum of all that the pattern finds. */
function field(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** "" for what is not there, or gone. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENODEV", "ESRCH", "EACCES", "EOPNOTSUPP")) return "";
    throw error;
  }
}
