import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { checkMountPoints, rootTrees } from "../bundle/make-root.ts";
import { defaultMountPoints } from "../bundle/mount-plan.ts";
import { CntnrError, messageOf } from "../errors/cntnr-error.ts";
import { runCommand } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import { type Service, withoutService } from "../systemd/service.ts";
import { createUnderConmon } from "./conmon.ts";
import { noteContainer } from "./container-events.ts";
import { beginLife, type LifeCause, leaveToSupervisor, startedBySomebody } from "./container-life.ts";
import { withContainerLock } from "./container-lock.ts";
import { type ContainerPaths, type ContainerRecord, containerPaths, readRecord } from "./container-record.ts";
import { type ContainerFacts, type ContainerState, isActive, readFacts, stateOf } from "./container-state.ts";
import { cancelRestart, requestStop } from "./pending-restart.ts";
import { deleteFromRuntime, readRuncLog, runcFlags, runtimeOf } from "./runc.ts";
import { classifyRuncFailure } from "./runc-failure.ts";
import { writeExit } from "./settle.ts";
import { ensureSharedMemory } from "./shared-memory.ts";
import { isEntered, openNamespace } from "./user-namespace.ts";

const startTimeoutMs = 60_000;
const lastWordMs = 2000;

export interface StartOptions {
  /** Without it somebody starts the container. */
  readonly cause?: LifeCause;
  /**
   * For who has made the container: what becomes of it when it cannot be started. One that runs and of which the service manager could not be
   * told goes in any case: it would run for nobody. Without it the container stays.
   */
  readonly unstarted?: "keep" | "remove";
  /** Called when the container is created and not yet started: nothing that it prints is lost to who attaches now. */
  readonly onCreated?: () => Promise<void> | void;
  /** Who has started us, and is to be told when the container is ready; restarts are his to do then. */
  readonly service?: Service;
}

/**
 * Starts a container that is not running, under conmon. When that fails, it has docker's exit code for it. Throws CntnrError.
 *
 * If we are killed before conmon runs, there is a life without a supervisor; after that and before the start, a
 * container that nobody will start: settle() ends both.
 */
export async function startContainer(
  directories: Directories,
  record: ContainerRecord,
  options: StartOptions = {},
): Promise<void> {
  const { service, unstarted } = options;
  let isStarted = false;
  try {
    await startWhenEnded(directories, record, options);
    isStarted = true;
    if (!service) return;
    const { announceService } = await import("../systemd/announce-service.ts");
    await announceService(directories, record, service);
  } catch (error) {
    if (unstarted === "remove" || (unstarted && isStarted)) {
      const { removeContainer } = await import("./end-container.ts");
      await removeContainer(directories, record, "kill");
    }
    throw error;
  }
}

/**
 * Pure: what can be done with a container that somebody wants to start. `wait`: its process has ended, and the runtime still
 * knows it until conmon has cleaned up, for which it takes the lock.
 */
export function planStart(record: ContainerRecord, facts: ContainerFacts): "start" | "wait" | ContainerState {
  if (isEnding(facts)) return "wait";
  const state = stateOf(record, facts);
  // A `run` that has made it starts it itself.
  const isOurs = record.creator.pid === process.pid;
  return !isActive(state) || state.kind === "restarting" || isOurs ? "start" : state;
}

function isEnding(facts: ContainerFacts): boolean {
  if (facts.lifeBegan === undefined || facts.isStarterAlive || facts.restart) return false;
  if (facts.init && facts.exit === undefined) return false;
  return facts.isConmonAlive || facts.hasRuntimeState;
}

async function startWhenEnded(
  directories: Directories,
  record: ContainerRecord,
  options: StartOptions,
): Promise<void> {
  for (let isStarted = false; !isStarted; ) {
    if (isEnding(readFacts(directories, record)))
      await (await import("./end-container.ts")).waitForEnd(directories, record);
    isStarted = await withContainerLock(directories, record.id, async () => {
      if (!readRecord(directories, record.id))
        throw new CntnrError("not-found", `container ${record.name} has been removed`);
      // Looked up once: between two looks its process may end.
      const plan = planStart(record, readFacts(directories, record));
      if (plan === "wait") return false;
      if (plan !== "start") throw describeConflict(record, plan);
      await start(directories, record, options);
      return true;
    });
  }
}

async function start(
  directories: Directories,
  record: ContainerRecord,
  options: StartOptions,
): Promise<void> {
  const paths = containerPaths(directories, record.id);
  cancelRestart(paths);
  if (existsSync(paths.life)) checkRoot(paths, record);
  using namespace = await openNamespace(directories, record);
  ensureSharedMemory(record);
  let life = beginLife(paths, "conmon", {
    ...(options.cause ?? startedBySomebody),
    isManaged: options.service !== undefined,
  });
  let isCreated = false;
  try {
    await createUnderConmon(directories, record, life, namespace?.pid, options.service);
    isCreated = true;
    if (isEntered(record)) await attachCreated(directories, record);
    await options.onCreated?.();
    await startCreated(directories, record);
    noteContainer(directories, record, "start");
    // Loaded only for containers that have a check.
    if (record.health) (await import("../health/supervisor-lock.ts")).wakeSupervisor(directories);
  } catch (error) {
    await deleteFromRuntime(directories, record.id);
    if (isCreated) await lastWordOfConmon(directories, record);
    // What cannot be started is not started again by its restart policy either.
    requestStop(paths);
    life = { ...life, failure: messageOf(error) };
    writeExit(directories, record.id, String(error instanceof CntnrError ? error.exitCode : 125));
    throw error;
  } finally {
    leaveToSupervisor(paths, life);
  }
}

/** What a hook would do, if it could be started outside of the container's user namespace. */
async function attachCreated(directories: Directories, record: ContainerRecord): Promise<void> {
  const { init } = readFacts(directories, record);
  if (record.network.kind !== "netd" || !init) return;
  const { attachFromOutside } = await import("../network/attach-from-outside.ts");
  const { directory } = containerPaths(directories, record.id);
  await attachFromOutside(directories, { id: record.id, pid: init.pid, bundle: directory });
}

/** conmon notes the exit code of a created container that we have killed; ours is to stand in the end. */
async function lastWordOfConmon(directories: Directories, record: ContainerRecord): Promise<void> {
  const { exit } = containerPaths(directories, record.id);
  const deadline = performance.now() + lastWordMs;
  while (!existsSync(exit) && readFacts(directories, record).isConmonAlive && performance.now() < deadline)
    await delay(10);
}

/** What a container has done to its root file system in an earlier life must not lead our mounts elsewhere (B4). */
function checkRoot({ directory }: ContainerPaths, { layers }: ContainerRecord): void {
  checkMountPoints(rootTrees(directory, layers), defaultMountPoints({}));
}

function describeConflict({ name }: ContainerRecord, { kind }: ContainerState): CntnrError {
  if (kind === "running") return new CntnrError("conflict", `container ${name} is running already`);
  if (kind === "paused")
    return new CntnrError("conflict", `container ${name} is paused: \`cntnr unpause ${name}\` lets it go on`);
  return new CntnrError("conflict", `container ${name} is being made or started by somebody else`);
}

async function startCreated(directories: Directories, record: ContainerRecord): Promise<void> {
  const paths = containerPaths(directories, record.id);
  const args = [...runcFlags(directories, paths), "start", record.id];
  const { exitCode, stderr } = await runCommand(runtimeOf(record), args, {
    timeoutMs: startTimeoutMs,
    env: withoutService(process.env),
  });
  if (exitCode === 0) return;
  throw (
    classifyRuncFailure(readRuncLog(paths)) ??
    new CntnrError(
      "engine",
      `the container could not be started: ${stderr.trim() || `${runtimeOf(record)} ended with exit code ${exitCode}`}`,
    )
  );
}
