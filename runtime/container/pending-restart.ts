import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as v from "valibot";
import { hasErrno } from "../errors/cntnr-error.ts";
import { ownProgram } from "../process/own-program.ts";
import type { Directories } from "../store/directories.ts";
import { writeWhole } from "../store/write-whole.ts";
import type { ContainerLife, LifeCause } from "./container-life.ts";
import { type ContainerPaths, type ContainerRecord, containerPaths } from "./container-record.ts";
import {
  currentBootId,
  identitySchema,
  isAlive,
  ownIdentity,
  type ProcessIdentity,
  readArguments,
  readStartTime,
} from "./process-identity.ts";
import { restartDelayOf } from "./restart-policy.ts";

const pendingSchema = v.object({
  bootId: v.string(),
  /** The process that sleeps until then. */
  waiter: identitySchema,
  /** RFC 3339. */
  dueAt: v.string(),
  restarts: v.number(),
  restartDelayMs: v.number(),
});

/** That a container is to be started again by its restart policy, and who is going to do it. Dies with the boot. */
export type PendingRestart = Readonly<v.InferOutput<typeof pendingSchema>>;

export function readPendingRestart(paths: ContainerPaths): PendingRestart | undefined {
  let text: string;
  try {
    text = readFileSync(paths.pendingRestart, "utf8");
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
  try {
    const pending = v.parse(pendingSchema, JSON.parse(text));
    return pending.bootId === currentBootId() ? pending : undefined;
  } catch {
    // Damaged by a power failure: of another boot, then.
    return undefined;
  }
}

/** Dash: 1 MB, where a cntnr that sleeps would take 40. */
const waitScript = 'sleep "$0"; exec "$@"';

/** A restart that nobody waits for yet, or any more. */
export interface DueRestart extends LifeCause {
  /** How long to wait from now on. */
  readonly waitMs: number;
}

/**
 * Starts a process that starts the container after a while, and notes it. Only under the container's lock: whoever gets it
 * next finds the note. Were we killed in between, the note names us, so that the restart is due and somebody else's to see to.
 */
export function scheduleRestart(directories: Directories, record: ContainerRecord, due: DueRestart): void {
  const { waitMs, restarts, restartDelayMs } = due;
  const paths = containerPaths(directories, record.id);
  const note = (waiter: ProcessIdentity) =>
    writePending(paths, {
      bootId: currentBootId(),
      waiter,
      dueAt: new Date(Date.now() + waitMs).toISOString(),
      restarts,
      restartDelayMs,
    });
  note(ownIdentity());
  leaveConmon();
  const words = ["--store-dir", directories.data, "--state-dir", directories.run];
  const command = [...ownProgram(), ...words, "internal-restart", record.id];
  const waiter = Bun.spawn(["sh", "-c", waitScript, String(waitMs / 1000), ...command], {
    stdio: ["ignore", "ignore", "ignore"],
    detached: true,
  });
  waiter.unref();
  note({ pid: waiter.pid, startTime: readStartTime(waiter.pid) ?? 0 });
}

function writePending(paths: ContainerPaths, pending: PendingRestart): void {
  writeWhole(paths.pendingRestart, JSON.stringify(pending));
}

/**
 * A conmon whose exit command we are has nothing else to do any more, but waits for all that we start, too: each restart
 * would leave one behind. Killed, it leaves our children to init.
 */
function leaveConmon(): void {
  const parent = process.ppid;
  if (/(^|\/)conmon$/.test(readArguments(parent)[0] ?? "")) process.kill(parent, "SIGKILL");
}

/** Pure but for the clock: the restart that a container which has ended is due for, unless somebody waits for it already. */
export function dueRestart(
  record: ContainerRecord,
  life: ContainerLife,
  end: { readonly exitCode: number; readonly finishedAt: string; readonly isStopRequested: boolean },
): DueRestart | undefined {
  const restartDelayMs = restartDelayOf(record.restart, {
    exitCode: end.exitCode,
    ranMs: Date.parse(end.finishedAt) - Date.parse(life.startedAt),
    restarts: life.restarts,
    restartDelayMs: life.restartDelayMs,
    isStopRequested: end.isStopRequested,
  });
  if (restartDelayMs === undefined) return undefined;
  return { restarts: life.restarts + 1, restartDelayMs, waitMs: restartDelayMs };
}

/** What is left of a restart whose waiter was killed. */
export function lostRestart({ dueAt, restarts, restartDelayMs }: PendingRestart): DueRestart {
  const remainingMs = Date.parse(dueAt) - Date.now();
  return { restarts, restartDelayMs, waitMs: Math.max(0, Math.min(remainingMs, restartDelayMs)) };
}

/** Sees to it that no restart is pending. Only under the container's lock. */
export function cancelRestart(paths: ContainerPaths): void {
  const pending = readPendingRestart(paths);
  rmSync(paths.pendingRestart, { force: true });
  if (!pending || pending.waiter.pid === process.pid || !isAlive(pending.waiter)) return;
  try {
    // Its whole group: the shell has a child that sleeps.
    process.kill(-pending.waiter.pid, "SIGKILL");
  } catch (error) {
    if (!hasErrno(error, "ESRCH")) throw error;
  }
}

/** Notes that the container's end is wanted, before it is brought about: then no restart policy acts. */
export function requestStop(paths: ContainerPaths): void {
  if (existsSync(paths.directory)) writeFileSync(paths.stopRequest, "", { mode: 0o600 });
}
