import { readdirSync, readlinkSync } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";
import { readOfProcess } from "../sys/read-text.ts";

/** One process of a container, as the host sees it (proc(5), /proc/pid/stat). */
export interface ContainerProcess {
  readonly pid: number;
  /** In clock ticks since the boot: with the pid it names the process. */
  readonly startTime: number;
  /** R, S, D, T (stopped), ... */
  readonly state: string;
  readonly parent: number;
  /** User and system time that it has used, in clock ticks. */
  readonly cpuTicks: number;
}

/**
 * All living processes of a container, whoever has started them: those in the namespace of its first one, and their descendants, who
 * may have namespaces of their own. A container that shares its pid namespace with others is told apart by its mounts.
 * @param initPid its first one; or any of it with `kind` mnt
 */
export function listProcesses(
  initPid: number,
  kind: "pid" | "mnt" = isFirstOfNamespace(initPid) ? "pid" : "mnt",
): ContainerProcess[] {
  const namespace = namespaceOf(initPid, kind);
  const all = readAllProcesses();
  const members = new Set([initPid]);
  if (namespace !== undefined)
    for (const { pid } of all) if (namespaceOf(pid, kind) === namespace) members.add(pid);
  // Parents are not always before their children in /proc.
  for (let size = 0; size < members.size; ) {
    size = members.size;
    for (const { pid, parent } of all) if (members.has(parent)) members.add(pid);
  }
  return all.filter(({ pid }) => members.has(pid));
}

/** Its own pid namespace: then it has the number 1 in there. */
function isFirstOfNamespace(pid: number): boolean {
  const numbers = /^NSpid:\t(.*)$/m.exec(readOfProcess(`/proc/${pid}/status`) ?? "")?.[1]?.split("\t") ?? [];
  return numbers.length > 1 && numbers.at(-1) === "1";
}

/** Undefined for a process that is somebody else's, or gone. */
function namespaceOf(pid: number, kind: "pid" | "mnt"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch (error) {
    if (hasErrno(error, "EACCES", "EPERM", "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}

export function readAllProcesses(): ContainerProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

/** Undefined for one that is gone, or waits to be reaped. */
export function readProcess(pid: number): ContainerProcess | undefined {
  const stat = readOfProcess(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name before the last parenthesis may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const number = (field: number) => Number(fields[field - 3] ?? 0);
  const state = fields[0] ?? "";
  if (state === "Z" || state === "X") return undefined;
  return { pid, state, parent: number(4), cpuTicks: number(14) + number(15), startTime: number(22) };
}
