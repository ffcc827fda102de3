import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import type { ContainerId } from "./container-id.ts";
import { type ContainerPaths, type ContainerRecord, containerPaths } from "./container-record.ts";
import { currentBootId, isAlive, readArguments } from "./process-identity.ts";

/**
 * What a container is doing. `dead`: it has ended and nobody saw its exit code, because its supervisor was killed or the
 * machine stopped. `creating`: there is nothing but its record yet.
 */
export type ContainerState =
  | { readonly kind: "creating" }
  | { readonly kind: "created"; readonly pid: number }
  | { readonly kind: "running"; readonly pid: number; readonly startedAt: string }
  | { readonly kind: "exited"; readonly exitCode: number; readonly finishedAt: string }
  | { readonly kind: "dead"; readonly finishedAt: string };

/** The facts that a state follows from. Nothing of them is kept by us beside what somebody did. */
export interface ContainerFacts {
  /** Contents of the exit file. */
  readonly exit?: { readonly text: string; readonly finishedAt: string };
  /** The init process, if it is alive. */
  readonly init?: { readonly pid: number; readonly isStarted: boolean; readonly startedAt: string };
  /** The cntnr that made it is alive: the only one who starts what is created, and in the foreground who sees its end. */
  readonly isCreatorAlive: boolean;
  readonly isConmonAlive: boolean;
  /** The OCI runtime still has state of it, so it has not been cleaned up. */
  readonly hasRuntimeState: boolean;
}

/** What a lost exit code is reported as: docker's for a process that was killed. */
export const lostExitCode = 137;
const lost = "lost";

/** Pure: the state that the facts say. */
export function stateOf(record: ContainerRecord, facts: ContainerFacts): ContainerState {
  const { exit, init } = facts;
  if (init && exit === undefined)
    return init.isStarted
      ? { kind: "running", pid: init.pid, startedAt: init.startedAt }
      : { kind: "created", pid: init.pid };
  if (exit) {
    const { finishedAt } = exit;
    if (/^\d{1,3}\s*$/.test(exit.text)) return { kind: "exited", exitCode: Number(exit.text), finishedAt };
    return { kind: "dead", finishedAt };
  }
  // Its end is being dealt with, or its beginning: in both cases somebody is at it.
  if (facts.isCreatorAlive || facts.isConmonAlive) return { kind: "creating" };
  return { kind: "dead", finishedAt: record.createdAt };
}

/** Pure: true when whoever should have cleaned up after the container is gone, so that the next to look at it has to. */
export function needsSettling(facts: ContainerFacts): boolean {
  if (facts.isCreatorAlive) return false;
  // Created, and nobody is left who would start it.
  if (facts.init) return !facts.init.isStarted;
  return !facts.isConmonAlive && (facts.exit === undefined || facts.hasRuntimeState);
}

/** True for states in which processes of the container may be alive. */
export function isActive(state: ContainerState): boolean {
  return state.kind !== "exited" && state.kind !== "dead";
}

/** Looks the facts up: a few small files and /proc. */
export function readFacts(directories: Directories, record: ContainerRecord): ContainerFacts {
  const paths = containerPaths(directories, record.id);
  const isThisBoot = record.bootId === currentBootId();
  const exit = readExit(paths.exit);
  const init = isThisBoot ? findInit(paths.runcState) : undefined;
  return {
    ...(exit ? { exit } : {}),
    ...(init ? { init } : {}),
    isCreatorAlive: isThisBoot && isAlive(record.creator),
    isConmonAlive: isThisBoot && record.detached && isConmonAlive(paths, record.id),
    hasRuntimeState: existsSync(paths.runcState),
  };
}

export function readState(directories: Directories, record: ContainerRecord): ContainerState {
  return stateOf(record, readFacts(directories, record));
}

/** What the exit file says of a container whose exit code nobody has seen. */
export const lostExitText = `${lostExitCode} ${lost}`;

function readExit(path: string): ContainerFacts["exit"] {
  try {
    return { text: readFileSync(path, "utf8"), finishedAt: statSync(path).mtime.toISOString() };
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return undefined;
    throw error;
  }
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
  let pid: number;
  try {
    pid = Number(readFileSync(paths.conmonPid, "utf8"));
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return false;
    throw error;
  }
  const words = pid > 0 ? readArguments(pid) : [];
  return words.includes(id) && /(^|\/)conmon$/.test(words[0] ?? "");
}
