import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { alertSupervisor, wakeSupervisor } from "../health/supervisor-lock.ts";
import type { Directories } from "../store/directories.ts";
import { noteContainer } from "./container-events.ts";
import { withContainerLock } from "./container-lock.ts";
import { listProcesses } from "./container-processes.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";
import { readFacts } from "./container-state.ts";
import { type PauseNote, readPauseNote, writePauseNote } from "./pause-note.ts";
import { currentBootId, ownIdentity } from "./process-identity.ts";

/*
 * Without a cgroup of the container's own there is no freezer, so all of its processes are stopped (SIGSTOP), which reaches its first
 * one, too, because it comes from outside of its namespace. Their parents see it, as with a shell's Ctrl-Z.
 */

const stopTimeoutMs = 5000;
/** Between two looks at whether others have done their work. */
const workPauseMs = 20;

/** Stops all processes of a running container, until it is unpaused. Throws CntnrError `conflict`. */
export function pauseContainer(directories: Directories, record: ContainerRecord): Promise<void> {
  return withContainerLock(directories, record.id, async () => {
    const { init, isPaused } = readFacts(directories, record);
    if (!init) throw new CntnrError("conflict", `container ${record.name} is not running`);
    if (isPaused) throw new CntnrError("conflict", `container ${record.name} is paused already`);
    await pause(directories, record, init.pid, {});
  });
}

/**
 * The same for work of ours, at most as long as this process lives; whoever has it paused for his own work is waited for. Does nothing to a
 * container that does not run, or that somebody has paused. What is returned lets it go on when it is disposed of.
 */
export async function pauseForWork(
  directories: Directories,
  record: ContainerRecord,
  signal?: AbortSignal,
): Promise<AsyncDisposable> {
  const paths = containerPaths(directories, record.id);
  const tryPause = async () => {
    const { init, isPaused, isPauseAbandoned } = readFacts(directories, record);
    if (!init) return "nothing";
    if (isPaused && !isPauseAbandoned) return readPauseNote(paths)?.during === undefined ? "nothing" : "wait";
    if (isPauseAbandoned) goOn(directories, record);
    await pause(directories, record, init.pid, { during: ownIdentity() });
    return "ours";
  };
  for (;;) {
    const outcome = await withContainerLock(directories, record.id, tryPause);
    if (outcome !== "wait")
      return { [Symbol.asyncDispose]: () => (outcome === "ours" ? endWork(directories, record) : nobody) };
    signal?.throwIfAborted();
    await delay(workPauseMs);
  }
}

const nobody = Promise.resolve();

/** It may have ended meanwhile, or somebody may have let it go on. */
function endWork(directories: Directories, record: ContainerRecord): Promise<void> {
  return withContainerLock(directories, record.id, () => {
    if (readPauseNote(containerPaths(directories, record.id))?.during?.pid === process.pid)
      goOn(directories, record);
  });
}

/** For who holds the container's lock. */
async function pause(
  directories: Directories,
  record: ContainerRecord,
  initPid: number,
  whose: Pick<PauseNote, "during">,
): Promise<void> {
  const stopped = listProcesses(initPid).filter(({ state }) => state === "T");
  // First the note: if we are killed now, unpausing is what helps.
  writePauseNote(containerPaths(directories, record.id), {
    bootId: currentBootId(),
    stopped: stopped.map(({ pid, startTime }) => ({ pid, startTime })),
    ...whose,
  });
  await stopAll(initPid, record);
  noteContainer(directories, record, "pause");
  if (record.health) alertSupervisor(directories);
}

/** New ones may come as long as one runs. */
async function stopAll(initPid: number, record: ContainerRecord): Promise<void> {
  const deadline = performance.now() + stopTimeoutMs;
  for (;;) {
    const running = listProcesses(initPid).filter(({ state }) => state !== "T" && state !== "t");
    if (running.length === 0) return;
    for (const { pid } of running) signalIfThere(pid, "SIGSTOP");
    if (performance.now() > deadline)
      throw new CntnrError(
        "timeout",
        `container ${record.name}: ${running.length} of its processes cannot be stopped (they wait for a device); \`cntnr unpause ${record.name}\` lets the others go on`,
      );
    await delay(1);
  }
}

/** Lets all processes of a paused container go on, but those that were stopped before. Throws CntnrError `conflict`. */
export function unpauseContainer(directories: Directories, record: ContainerRecord): Promise<void> {
  return withContainerLock(directories, record.id, () => {
    if (!goOn(directories, record))
      throw new CntnrError("conflict", `container ${record.name} is not paused`);
  });
}

/** The same for who holds the container's lock; false when it is not paused. */
export function goOn(directories: Directories, record: ContainerRecord): boolean {
  const paths = containerPaths(directories, record.id);
  const { init } = readFacts(directories, record);
  const note = readPauseNote(paths);
  if (!init || !note) return false;
  const isKept = (pid: number, startTime: number) =>
    note.stopped.some((process) => process.pid === pid && process.startTime === startTime);
  for (const { pid, startTime } of listProcesses(init.pid).toReversed())
    if (!isKept(pid, startTime)) signalIfThere(pid, "SIGCONT");
  rmSync(paths.pauseNote, { force: true });
  noteContainer(directories, record, "unpause");
  if (record.health) wakeSupervisor(directories);
  return true;
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasErrno(error, "ESRCH")) throw error;
  }
}
