import { existsSync, readFileSync, rmSync } from "node:fs";
import * as v from "valibot";
import { hasErrno } from "../errors/cntnr-error.ts";
import { isDiskFull } from "../errors/disk-error.ts";
import { writeWhole } from "../store/write-whole.ts";
import type { ContainerPaths } from "./container-record.ts";
import { currentBootId, identitySchema, ownIdentity } from "./process-identity.ts";

const lifeSchema = v.object({
  /** Counts the lives of the container. */
  number: v.number(),
  bootId: v.string(),
  /** The cntnr that is starting it, or, without conmon, that stays with it to the end. */
  starter: v.optional(identitySchema),
  /** Who keeps its output and sees its end. */
  supervisor: v.picklist(["conmon", "cntnr"]),
  /** RFC 3339. */
  startedAt: v.string(),
  /** How often its restart policy has started it since somebody did. */
  restarts: v.number(),
  /** How long it waited for that, the last time. */
  restartDelayMs: v.number(),
  /** A service manager restarts it, so its own restart policy rests. */
  isManaged: v.optional(v.boolean(), false),
  /** The container has not run in any life before. */
  isFirst: v.optional(v.boolean()),
  /** Why it could not be started. */
  failure: v.optional(v.string()),
  /** Its end has been told of (events). */
  isEndTold: v.optional(v.boolean()),
});

/**
 * One time that a container runs, from its start to its end. Written before anything is started; the exit file of the life
 * before is removed after that, so that an exit file always belongs to the last life or to the one that was cut short.
 */
export type ContainerLife = Readonly<v.InferOutput<typeof lifeSchema>>;

/** The last or present life of a container; undefined when it was never started. */
export function readLife(paths: ContainerPaths): ContainerLife | undefined {
  // Asked of every container there is, and an error takes longer to make than this question.
  if (!existsSync(paths.life)) return undefined;
  let text: string;
  try {
    text = readFileSync(paths.life, "utf8");
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
  return parseLife(text) ?? unknownLife;
}

/** The file is not flushed to the disk, which would take as long as starting the container: a power failure may empty it. */
const unknownLife: ContainerLife = {
  number: 0,
  bootId: "another",
  supervisor: "conmon",
  startedAt: new Date(0).toISOString(),
  restarts: 0,
  restartDelayMs: 0,
  isManaged: false,
};

function parseLife(text: string): ContainerLife | undefined {
  try {
    return v.parse(lifeSchema, JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** How a life comes about: somebody starts it, or its restart policy does. */
export interface LifeCause {
  readonly restarts: number;
  readonly restartDelayMs: number;
}

export const startedBySomebody: LifeCause = { restarts: 0, restartDelayMs: 0 };

/** Notes that this process begins to start the container, and forgets how its last life ended. */
export function beginLife(
  paths: ContainerPaths,
  supervisor: ContainerLife["supervisor"],
  { restarts, restartDelayMs, isManaged = false }: LifeCause & { readonly isManaged?: boolean },
): ContainerLife {
  const before = readLife(paths);
  const life: ContainerLife = {
    number: (before?.number ?? 0) + 1,
    bootId: currentBootId(),
    starter: ownIdentity(),
    supervisor,
    startedAt: new Date().toISOString(),
    restarts,
    restartDelayMs,
    isManaged,
    ...(!before || (before.isFirst && before.failure !== undefined) ? { isFirst: true } : {}),
  };
  writeLife(paths, life);
  for (const path of forgotten(paths)) rmSync(path, { force: true });
  return life;
}

/** What belongs to the life before. */
function forgotten(paths: ContainerPaths): string[] {
  const { stopRequest, pendingRestart, pauseNote, health, exit, exitCopy, conmonPid, runcLog } = paths;
  return [stopRequest, pendingRestart, pauseNote, health, exit, exitCopy, conmonPid, runcLog];
}

/** Notes that conmon is in charge now: whoever has started the container may live on, and has no more to do with it. */
export function leaveToSupervisor(paths: ContainerPaths, { starter: _, ...life }: ContainerLife): void {
  writeIfThereIsRoom(paths, life);
}

/** Notes that it could not be started, and why. */
export function noteFailedStart(paths: ContainerPaths, failure: string): void {
  const life = readLife(paths);
  if (life) writeIfThereIsRoom(paths, { ...life, failure });
}

/**
 * True for the first who asks after the end of the last life; he tells of it. Only under the container's lock, or by its starter. Whoever has
 * started it has no more to do with it then, though his process may live on.
 */
export function claimEnd(paths: ContainerPaths): boolean {
  const life = readLife(paths);
  if (!life || life.isEndTold) return false;
  const { starter: _, ...ended } = life;
  writeIfThereIsRoom(paths, { ...ended, isEndTold: true });
  return true;
}

/** A full disk must not keep anybody from ending or removing a container; at worst its end is told of twice. */
function writeIfThereIsRoom(paths: ContainerPaths, life: ContainerLife): void {
  try {
    writeLife(paths, life);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}

function writeLife(paths: ContainerPaths, life: ContainerLife): void {
  writeWhole(paths.life, JSON.stringify(life));
}
