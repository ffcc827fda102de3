import { readlinkSync } from "node:fs";
import { cgroupUsage, ownCgroup } from "../cgroup/cgroup-usage.ts";
import { type ContainerProcess, listProcesses } from "../container/container-processes.ts";
import { hasErrno } from "../errors/cntnr-error.ts";
import { readOfProcess } from "../sys/read-text.ts";

/** What a container's processes have used up to a moment. */
export interface UsageSample {
  /** Milliseconds, of a clock that only goes forward. */
  readonly timeMs: number;
  /** Processor time of each process, in clock ticks, by pid and start time. */
  readonly cpuTicks: ReadonlyMap<string, number>;
  readonly memoryBytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Undefined where the network is the host's. */
  readonly network?: { readonly receivedBytes: number; readonly sentBytes: number };
  readonly processes: number;
  /** What it may have at most: its limit, or all that the machine has. */
  readonly memoryLimitBytes: number;
}

/**
 * Looks at all processes of a container, whose first one this is; or at the cgroup that it has for itself, which also knows what processes
 * have used that have ended.
 * @param id of the container: its cgroup is called so
 */
export function measureUsage(initPid: number, id: string): UsageSample {
  const cgroup = ownCgroup(initPid, id);
  if (!cgroup) return measureProcesses(initPid);
  const network = networkOf(initPid);
  const usage = cgroupUsage(cgroup);
  const memoryLimitBytes = Math.min(machineMemoryBytes(), usage.memoryLimitBytes ?? Number.POSITIVE_INFINITY);
  return { timeMs: performance.now(), ...usage, memoryLimitBytes, ...(network ? { network } : {}) };
}

function measureProcesses(initPid: number): UsageSample {
  const processes = listProcesses(initPid);
  const disk = processes.map(({ pid }) => diskOf(pid));
  const network = networkOf(initPid);
  return {
    timeMs: performance.now(),
    cpuTicks: new Map(processes.map((process) => [keyOf(process), process.cpuTicks])),
    memoryBytes: sum(processes.map(({ pid }) => memoryOf(pid))),
    readBytes: sum(disk.map(({ read }) => read)),
    writtenBytes: sum(disk.map(({ written }) => written)),
    ...(network ? { network } : {}),
    processes: processes.length,
    memoryLimitBytes: machineMemoryBytes(),
  };
}

/** Memory of the machine, the most that a container without a limit can have. */
function machineMemoryBytes(): number {
  return kilobytes(readText("/proc/meminfo"), "MemTotal") * 1024;
}

function keyOf({ pid, startTime }: ContainerProcess): string {
  return `${pid}:${startTime}`;
}

function memoryOf(pid: number): number {
  const rollup = readText(`/proc/${pid}/smaps_rollup`);
  const resident = kilobytes(rollup, "Pss") || kilobytes(readText(`/proc/${pid}/status`), "VmRSS");
  return resident * 1024;
}

/** proc(5), /proc/pid/io: what really went to and came from devices. */
function diskOf(pid: number): { readonly read: number; readonly written: number } {
  const io = readText(`/proc/${pid}/io`);
  return { read: fieldOf(io, "read_bytes"), written: fieldOf(io, "write_bytes") };
}

function networkOf(pid: number): UsageSample["network"] {
  if (readLink(`/proc/${pid}/ns/net`) === readLink("/proc/self/ns/net")) return undefined;
  let receivedBytes = 0;
  let sentBytes = 0;
  for (const line of readText(`/proc/${pid}/net/dev`).split("\n").slice(2)) {
    const [name, values = ""] = line.split(":");
    if (name === undefined || name.trim() === "lo") continue;
    const numbers = values.trim().split(/\s+/).map(Number);
    receivedBytes += numbers[0] ?? 0;
    sentBytes += numbers[8] ?? 0;
  }
  return { receivedBytes, sentBytes };
}

function kilobytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0);
}

function fieldOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** "" for what is gone, or not ours to read. */
function readText(path: string): string {
  return readOfProcess(path) ?? "";
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return "";
    throw error;
  }
}
