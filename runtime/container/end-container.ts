import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { openPidfd } from "../sys/pidfd.ts";
import { readIfThere } from "../sys/read-text.ts";
import { sendSignal } from "../sys/send-signal.ts";
import { noteContainer } from "./container-events.ts";
import type { ContainerId } from "./container-id.ts";
import { withContainerLock } from "./container-lock.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";
import {
  type ContainerFacts,
  isActive,
  lostExitCode,
  overdueOf,
  readFacts,
  readState,
  stateOf,
} from "./container-state.ts";
import { unregisterContainer } from "./container-store.ts";
import { unpauseContainer } from "./pause-container.ts";
import { cancelRestart, requestStop } from "./pending-restart.ts";
import { removeEnded, type SettledState, settle } from "./settle.ts";
import { parseSignal } from "./signal-name.ts";

const shortestPauseMs = 5;
const longestPauseMs = 100;
/** How long whoever looks after a container may take to clean up after its end: networks have to be detached. */
const cleanUpMs = 90_000;
const kill = 9; // SIGKILL

/** Sends a signal to a container's first process. Throws CntnrError `conflict` when it does not run. */
export async function signalContainer(
  directories: Directories,
  record: ContainerRecord,
  signal: number,
): Promise<void> {
  const isEnd = signal === kill || signal === parseSignal(record.stopSignal);
  if (isEnd) await stopRestarting(directories, record);
  const { init } = readFacts(directories, record);
  if (!init || !signalInit(directories, record, signal))
    throw new CntnrError("conflict", `container ${record.name} is not running`);
  noteContainer(directories, record, "kill", { signal: String(signal) });
}

export interface StopOptions {
  readonly patienceMs: number;
  /** Number of the signal; without it the container's own. */
  readonly signal?: number;
  /** Nobody waits any longer when it is given; what was asked of the container stands. */
  readonly abort?: AbortSignal;
}

/**
 * Asks a container to end, kills it after `patienceMs` (never, if that is negative), and waits until it is cleaned up.
 * Does nothing to one that does not run.
 */
export async function stopContainer(
  directories: Directories,
  record: ContainerRecord,
  options: StopOptions,
): Promise<void> {
  if (readState(directories, record).kind === "created") return;
  await stopRestarting(directories, record);
  const isRunning = signalInit(directories, record, options.signal ?? parseSignal(record.stopSignal));
  // It hears the signal when it goes on.
  if (readFacts(directories, record).isPaused) await unpauseContainer(directories, record);
  const limitMs = options.patienceMs < 0 ? undefined : options.patienceMs;
  const ended = await waitForEnd(directories, record, { limitMs, signal: options.abort });
  if (!ended) await waitForEnd(directories, record, { kills: true, signal: options.abort });
  if (isRunning) noteContainer(directories, record, "stop");
}

/** From now on no restart policy starts it again, until somebody does. */
async function stopRestarting(directories: Directories, record: ContainerRecord): Promise<void> {
  if (record.restart.policy === "no") return;
  const paths = containerPaths(directories, record.id);
  requestStop(paths);
  await withContainerLock(directories, record.id, () => cancelRestart(paths));
}

/** Removes a container. Throws CntnrError `conflict` for a running one unless it is to be killed. */
export async function removeContainer(
  directories: Directories,
  record: ContainerRecord,
  running: "kill" | "refuse",
): Promise<void> {
  const state = await settle(directories, record);
  if (state.kind === "removed") return;
  if (isActive(state)) {
    if (running === "refuse")
      throw new CntnrError(
        "conflict",
        `container ${record.name} is ${state.kind}: stop it first (\`cntnr stop ${record.name}\`), or use rm -f`,
      );
    await stopRestarting(directories, record);
    const settled = await waitForEnd(directories, record, { kills: true });
    if (settled?.kind === "removed") return;
  }
  await removeEnded(directories, record);
}

/** How a container ended. */
export type EndedState =
  | Exclude<SettledState, { kind: "removed" }>
  | { readonly kind: "removed"; readonly exitCode?: number };

export interface EndWait {
  /** How long somebody waits; undefined: for ever. */
  readonly limitMs?: number | undefined;
  /** It is killed, also when somebody who was starting it meanwhile has come to his end. */
  readonly kills?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until a container does not run and is cleaned up, or for at most `limitMs`: then undefined. There is no telling of a
 * process that is not our child without asking; the pauses grow. Throws the reason of `signal` when that is given.
 */
export async function waitForEnd(
  directories: Directories,
  record: ContainerRecord,
  { limitMs, kills = false, signal }: EndWait = {},
): Promise<EndedState | undefined> {
  const start = performance.now();
  let endedAt: number | undefined;
  for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    if (!existsSync(containerPaths(directories, record.id).record)) {
      await finishRemoval(directories, record);
      return removed(directories, record);
    }
    const facts = readFacts(directories, record);
    const present = stateOf(record, facts);
    if (overdueOf(record, facts) === "nothing" && (isCleanedUp(facts) || present.kind === "created"))
      return present;
    if (overdueOf(record, facts) !== "nothing") {
      const state = await settle(directories, record);
      // Else others were faster: it is gone, or runs again.
      if (hasEnded(state)) return state;
    }
    if (kills && facts.init) signalInit(directories, record, kill);
    const now = performance.now();
    if (facts.init) endedAt = undefined;
    else endedAt ??= now;
    if (limitMs !== undefined && facts.init && now - start > limitMs) return undefined;
    if (endedAt !== undefined && now - endedAt > cleanUpMs)
      throw new CntnrError(
        "timeout",
        `container ${record.name} has ended, but is not cleaned up after ${cleanUpMs / 1000} s`,
      );
    signal?.throwIfAborted();
    await delay(pauseMs);
  }
}

/** The exit code that a container has ended with, docker's for a killed process when nobody has seen it, and for one that was never started. */
export function exitCodeOf(state: EndedState): number {
  if (state.kind === "created") return state.exitCode ?? 0;
  return ("exitCode" in state ? state.exitCode : undefined) ?? lostExitCode;
}

/** Its files may still be there, and its end is told of after them: whoever removes it holds its lock, unless he was killed. */
function finishRemoval(directories: Directories, { id }: ContainerRecord): Promise<void> {
  return withContainerLock(directories, id, () => unregisterContainer(directories, id, undefined));
}

function removed(directories: Directories, { id }: ContainerRecord): EndedState {
  const exitCode = readExitCopy(directories, id);
  return { kind: "removed", ...(exitCode === undefined ? {} : { exitCode }) };
}

/** The exit code of the last life that conmon has seen the end of, also of a container that is not there any more. */
export function readExitCopy(directories: Directories, id: ContainerId): number | undefined {
  const text = readIfThere(containerPaths(directories, id).exitCopy);
  return text === undefined ? undefined : Number.parseInt(text, 10);
}

function hasEnded(state: SettledState): state is Exclude<SettledState, { kind: "removed" }> {
  return state.kind === "exited" || state.kind === "dead" || state.kind === "restarting";
}

function isCleanedUp(facts: ContainerFacts): boolean {
  if (facts.init || facts.exit === undefined || facts.hasRuntimeState) return false;
  // Its supervisor is the last to go; a container that removes itself is still to be removed by it.
  return !facts.isConmonAlive && !facts.isStarterAlive;
}

/** Signals the init process by its pidfd, so that a number used again cannot be hit; false when it has ended. */
export function signalInit(directories: Directories, record: ContainerRecord, signal: number): boolean {
  const before = readFacts(directories, record).init;
  if (!before) return false;
  let pidfd: ReturnType<typeof openPidfd>;
  try {
    pidfd = openPidfd(before.pid);
  } catch (error) {
    if (error instanceof CntnrError && !readFacts(directories, record).init) return false;
    throw error;
  }
  using opened = pidfd;
  // Still the same process after its descriptor was opened, so the descriptor is of that process.
  if (readFacts(directories, record).init?.pid !== before.pid) return false;
  return sendSignal(opened.fd, signal);
}
