import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { readIfThere } from "../sys/read-text.ts";
import type { ContainerId } from "./container-id.ts";
import { type ContainerLife, readLife } from "./container-life.ts";
import { readProcess } from "./container-processes.ts";
import { type ContainerPaths, type ContainerRecord, containerPaths } from "./container-record.ts";
import { isAbandoned, readPauseNote } from "./pause-note.ts";
import { type DueRestart, dueRestart, lostRestart, readPendingRestart } from "./pending-restart.ts";
import { currentBootId, isAlive, readArguments } from "./process-identity.ts";

/**
 * What a container is doing. `creating`: its bundle is being made. `created`: it has never run; with an exit code, it could not be
 * started. `starting`: somebody is starting it, or dealing with its end. `dead`: it has ended and nobody saw its exit code, because
 * its supervisor was killed or the machine stopped.
 */
export type ContainerState =
  | { readonly kind: "creating" }
  | { readonly kind: "created"; readonly exitCode?: number; readonly failure?: string }
  | { readonly kind: "starting" }
  | { readonly kind: "running" | "paused"; readonly pid: number; readonly startedAt: string }
  | { readonly kind: "restarting"; readonly exitCode: number; readonly finishedAt: string }
  | { readonly kind: "exited"; readonly exitCode: number; readonly finishedAt: string }
  | { readonly kind: "dead"; readonly finishedAt: string };

/** The facts that a state follows from. Nothing of them is kept by us beside what somebody did. */
export interface ContainerFacts {
  /** Contents of the exit file. */
  readonly exit?: { readonly text: string; readonly finishedAt: string };
  /** The init process, if it is alive. */
  readonly init?: { readonly pid: number; readonly isStarted: boolean; readonly startedAt: string };
  /** Somebody has stopped its processes, and they are. */
  readonly isPaused: boolean;
  /** They were for the work of somebody who was killed at it. */
  readonly isPauseAbandoned: boolean;
  /** The bundle is complete. */
  readonly isMade: boolean;
  /** The cntnr that makes it is alive. */
  readonly isCreatorAlive: boolean;
  /** When its last life began; undefined: it was never started. */
  readonly lifeBegan?: string;
  /** The cntnr that starts it, or without conmon stays with it, is alive. */
  readonly isStarterAlive: boolean;
  /** Why it could not be started, when it has never run. */
  readonly failure?: string;
  readonly isConmonAlive: boolean;
  /** The OCI runtime still has state of it, so it has not been cleaned up. */
  readonly hasRuntimeState: boolean;
  /** Its restart policy is going to start it again; when that is due, nobody sees to it. */
  readonly restart?: "waiting" | DueRestart;
}

/** What a lost exit code is reported as: docker's for a process that was killed. */
export const lostExitCode = 137;
const lost = "lost";

/** Pure: the state that the facts say. */
export function stateOf(record: ContainerRecord, facts: ContainerFacts): ContainerState {
  const { exit, init } = facts;
  if (facts.lifeBegan === undefined && !init && !exit) return stateBeforeLife(record, facts);
  if (init && exit === undefined)
    return init.isStarted
      ? { kind: facts.isPaused ? "paused" : "running", pid: init.pid, startedAt: init.startedAt }
      : { kind: "starting" };
  if (exit) {
    const { finishedAt } = exit;
    const exitCode = exitCodeOf(exit.text);
    if (facts.failure !== undefined)
      return { kind: "created", exitCode: exitCode ?? lostExitCode, failure: facts.failure };
    if (facts.restart) return { kind: "restarting", exitCode: exitCode ?? lostExitCode, finishedAt };
    return exitCode === undefined ? { kind: "dead", finishedAt } : { kind: "exited", exitCode, finishedAt };
  }
  // Its end is being dealt with, or its beginning: in both cases somebody is at it.
  if (facts.isStarterAlive || facts.isConmonAlive) return { kind: "starting" };
  return { kind: "dead", finishedAt: facts.lifeBegan ?? record.createdAt };
}

/** Undefined when nobody has seen it. */
function exitCodeOf(text: string): number | undefined {
  return /^\d{1,3}\s*$/.test(text) ? Number(text) : undefined;
}

function stateBeforeLife(record: ContainerRecord, facts: ContainerFacts): ContainerState {
  if (facts.isCreatorAlive)
    return facts.isMade && record.madeBy === "create" ? { kind: "created" } : { kind: "creating" };
  return facts.isMade ? { kind: "created" } : { kind: "dead", finishedAt: record.createdAt };
}

/**
 * Pure: what is to be done because whoever should have done it is gone. `discard`: it was never completely made, or made for
 * a `run --rm` that never came to start it. `clean-up`: its processes have ended, or will never be started. `restart`: it was to be started again.
 * `unpause`: it was paused for somebody's work.
 */
export function overdueOf(
  record: ContainerRecord,
  facts: ContainerFacts,
): "nothing" | "discard" | "clean-up" | "restart" | "unpause" {
  if (facts.isPauseAbandoned && facts.init?.isStarted) return "unpause";
  if (facts.isStarterAlive) return "nothing";
  // Created by the runtime, and nobody is left who would start it.
  if (facts.init) return facts.init.isStarted ? "nothing" : "clean-up";
  if (facts.lifeBegan === undefined) {
    if (facts.isCreatorAlive) return "nothing";
    const isForgotten = record.madeBy === "run" && record.autoRemove;
    return facts.isMade && !isForgotten ? "nothing" : "discard";
  }
  if (facts.isConmonAlive) return "nothing";
  if (facts.exit === undefined || facts.hasRuntimeState) return "clean-up";
  if (facts.restart && facts.restart !== "waiting") return "restart";
  return record.autoRemove ? "discard" : "nothing";
}

/** True for states in which processes of the container may be alive, or soon will be. */
export function isActive(state: ContainerState): boolean {
  return state.kind !== "created" && state.kind !== "exited" && state.kind !== "dead";
}

/** Looks the facts up: a few small files and /proc. */
export function readFacts(directories: Directories, record: ContainerRecord): ContainerFacts {
  const paths = containerPaths(directories, record.id);
  const life = readLife(paths);
  const isPresentLife = life?.bootId === currentBootId();
  const exit = findExit(paths, isPresentLife);
  const init = isPresentLife ? findInit(paths.runcState) : undefined;
  const pause = init && existsSync(paths.pauseNote) ? readPauseNote(paths) : undefined;
  const restart = isPresentLife && exit ? findRestart(paths, record, life, exit) : undefined;
  return {
    ...(exit ? { exit } : {}),
    ...(init ? { init } : {}),
    isPaused: init !== undefined && pause !== undefined && readProcess(init.pid)?.state === "T",
    isPauseAbandoned: pause !== undefined && isAbandoned(pause),
    isMade: life !== undefined || existsSync(paths.config),
    isCreatorAlive: record.bootId === currentBootId() && isAlive(record.creator),
    ...(life ? { lifeBegan: life.startedAt } : {}),
    ...(life?.isFirst && life.failure !== undefined ? { failure: life.failure } : {}),
    isStarterAlive: isPresentLife && life.starter !== undefined && isAlive(life.starter),
    isConmonAlive: isPresentLife && life.supervisor === "conmon" && isConmonAlive(paths, record.id),
    hasRuntimeState: existsSync(paths.runcState),
    ...(restart ? { restart } : {}),
  };
}

function findRestart(
  paths: ContainerPaths,
  record: ContainerRecord,
  life: ContainerLife,
  exit: { readonly text: string; readonly finishedAt: string },
): ContainerFacts["restart"] {
  if (record.restart.policy === "no" || life.isManaged) return undefined;
  const pending = readPendingRestart(paths);
  if (pending) return isAlive(pending.waiter) ? "waiting" : lostRestart(pending);
  return dueRestart(record, life, {
    exitCode: exitCodeOf(exit.text) ?? lostExitCode,
    finishedAt: exit.finishedAt,
    isStopRequested: existsSync(paths.stopRequest),
  });
}

export function readState(directories: Directories, record: ContainerRecord): ContainerState {
  return stateOf(record, readFacts(directories, record));
}

/** What the exit file says of a container whose exit code nobody has seen. */
export const lostExitText = `${lostExitCode} ${lost}`;

/** Ours, or before we have written it, or without room for it, conmon's, which dies with the boot. */
function findExit({ exit, exitCopy }: ContainerPaths, isPresentLife: boolean): ContainerFacts["exit"] {
  return readExit(exit) ?? (isPresentLife ? readExit(exitCopy) : undefined);
}

function readExit(path: string): ContainerFacts["exit"] {
  // Asked of every container there is, and an error takes longer to make than this question.
  if (!existsSync(path)) return undefined;
  try {
    return { text: readFileSync(path, "utf8"), finishedAt: statSync(path).mtime.toISOString() };
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** What conmon has noted of the end of the container's last life of this boot; undefined for nothing. */
export function notedExit({ exitCopy }: ContainerPaths): string | undefined {
  return readExit(exitCopy)?.text || undefined;
}

/** The parts of runc's own state file that say which process it is. */
const runtimeStateSchema = v.object({
  init_process_pid: v.number(),
  init_process_start: v.number(),
  created: v.string(),
});

function findInit(runcState: string): ContainerFacts["init"] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(join(runcState, "state.json"), "utf8"));
  } catch (error) {
    // Not there, or not whole: runc was killed while it made or removed it.
    if (error instanceof SyntaxError || hasErrno(error, "ENOENT")) return undefined;
    throw error;
  }
  const state = v.safeParse(runtimeStateSchema, value);
  if (!state.success) return undefined;
  const { init_process_pid: pid, init_process_start: startTime, created } = state.output;
  if (!isAlive({ pid, startTime })) return undefined;
  // The fifo is what `runc start` opens; runc removes it when the container's program runs.
  return { pid, isStarted: !existsSync(join(runcState, "exec.fifo")), startedAt: created };
}

/**
 * Whether the conmon of a container lives. Its pid file alone would not do: the number may be somebody else's by now. No
 * other process has this id as its argument.
 */
function isConmonAlive(paths: ContainerPaths, id: ContainerId): boolean {
  const pid = Number(readIfThere(paths.conmonPid) ?? 0);
  const words = pid > 0 ? readArguments(pid) : [];
  return words.includes(id) && /(^|\/)conmon$/.test(words[0] ?? "");
}
