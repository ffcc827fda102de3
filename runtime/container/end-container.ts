import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { openPidfd } from "../sys/pidfd.ts";
import { sendSignal } from "../sys/send-signal.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";
import { type ContainerFacts, isActive, needsSettling, readFacts } from "./container-state.ts";
import { removeEnded, type SettledState, settle } from "./settle.ts";
import { parseSignal } from "./signal-name.ts";

const shortestPauseMs = 5;
const longestPauseMs = 100;
/** How long whoever looks after a container may take to clean up after its end: networks have to be detached. */
const cleanUpMs = 90_000;
const kill = 9; // SIGKILL

/** Sends a signal to a container's first process. Throws CntnrError `conflict` when it does not run. */
export function signalContainer(directories: Directories, record: ContainerRecord, signal: number): void {
  const { init } = readFacts(directories, record);
  if (!init || !signalInit(directories, record, signal))
    throw new CntnrError("conflict", `container ${record.name} is not running`);
}

/** Asks a container to end, kills it after `patienceMs`, and waits until it is cleaned up. */
export async function stopContainer(
  directories: Directories,
  record: ContainerRecord,
  patienceMs: number,
): Promise<void> {
  signalInit(directories, record, parseSignal(record.stopSignal));
  const ended = await waitForEnd(directories, record, patienceMs);
  if (!ended) signalInit(directories, record, kill);
  await waitForEnd(directories, record);
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
        `container ${record.name} is running: stop it first (\`cntnr stop ${record.name}\`), or use rm -f`,
      );
    signalInit(directories, record, kill);
  }
  const settled = await waitForEnd(directories, record);
  if (settled?.kind !== "removed") await removeEnded(directories, record);
}

/**
 * Waits until a container has ended and is cleaned up, or for at most `limitMs`: then undefined. There is no telling of a
 * process that is not our child without asking; the pauses grow.
 */
export async function waitForEnd(
  directories: Directories,
  record: ContainerRecord,
  limitMs?: number,
): Promise<SettledState | undefined> {
  const start = performance.now();
  let endedAt: number | undefined;
  for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    if (!existsSync(containerPaths(directories, record.id).record)) return { kind: "removed" };
    const facts = readFacts(directories, record);
    if (needsSettling(facts)) return settle(directories, record);
    if (isCleanedUp(facts)) return settle(directories, record);
    const now = performance.now();
    if (facts.init) endedAt = undefined;
    else endedAt ??= now;
    if (limitMs !== undefined && facts.init && now - start > limitMs) return undefined;
    if (endedAt !== undefined && now - endedAt > cleanUpMs)
      throw new CntnrError(
        "timeout",
        `container ${record.name} has ended, but is not cleaned up after ${cleanUpMs / 1000} s`,
      );
    await delay(pauseMs);
  }
}

function isCleanedUp(facts: ContainerFacts): boolean {
  if (facts.init || facts.exit === undefined || facts.hasRuntimeState) return false;
  // Its supervisor is the last to go; a container that removes itself is still to be removed by it.
  return !facts.isConmonAlive;
}

/** Signals the init process by its pidfd, so that a number used again cannot be hit; false when it has ended. */
function signalInit(directories: Directories, record: ContainerRecord, signal: number): boolean {
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
