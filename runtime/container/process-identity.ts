import { existsSync, readFileSync } from "node:fs";
import * as v from "valibot";

/** A process, told apart from others that had or will have its number (proc(5), /proc/pid/stat, field 22). */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since the boot. */
  readonly startTime: number;
}

export const identitySchema = v.object({ pid: v.number(), startTime: v.number() });

/** When a process was started; undefined when there is none, or it has ended and only waits to be reaped. */
export function readStartTime(pid: number): number | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name before the last parenthesis may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const isGone = fields[0] === "Z" || fields[0] === "X";
  return isGone ? undefined : Number(fields[19]);
}

export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  return readStartTime(pid) === startTime;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startTime: readStartTime(process.pid) ?? 0 };
}

/** A word for file names of what this process makes, by which others see whether its maker is alive ({@link isMakerAlive}). */
export function ownMark(): string {
  const { pid, startTime } = ownIdentity();
  return `${pid}-${startTime}`;
}

/** Whether the process with this mark is alive. A mark of another boot is nobody's, but for a number that happens to be the same. */
export function isMakerAlive(mark: string): boolean {
  const [pid = 0, startTime = 0] = mark.split("-").map(Number);
  return isAlive({ pid, startTime });
}

/** The arguments of a process; none when it is gone. */
export function readArguments(pid: number): readonly string[] {
  return (readProc(`/proc/${pid}/cmdline`) ?? "").split("\0");
}

let bootId: string | undefined;

/** Names this boot of the machine: all processes of another one are gone. */
export function currentBootId(): string {
  bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return bootId;
}

function readProc(path: string): string | undefined {
  // Most that are asked for are gone, and an error takes longer to make than this question.
  if (!existsSync(path)) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Gone, or going (ESRCH).
    return undefined;
  }
}
