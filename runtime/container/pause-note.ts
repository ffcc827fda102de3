import { readFileSync } from "node:fs";
import * as v from "valibot";
import { hasErrno } from "../errors/cntnr-error.ts";
import { writeWhole } from "../store/write-whole.ts";
import type { ContainerPaths } from "./container-record.ts";
import { currentBootId, identitySchema, isAlive } from "./process-identity.ts";

const noteSchema = v.object({
  bootId: v.string(),
  /** Those that were stopped already: they stay so. */
  stopped: v.array(identitySchema),
  /** Whose work the container is paused for, and no longer; without it, it is until somebody unpauses it. */
  during: v.optional(identitySchema),
});

/** There while a container is paused. */
export type PauseNote = Readonly<v.InferOutput<typeof noteSchema>>;

export function writePauseNote(paths: ContainerPaths, note: PauseNote): void {
  writeWhole(paths.pauseNote, JSON.stringify(note));
}

/** Undefined when the container is not paused. */
export function readPauseNote(paths: ContainerPaths): PauseNote | undefined {
  try {
    const note = v.parse(noteSchema, JSON.parse(readFileSync(paths.pauseNote, "utf8")));
    return note.bootId === currentBootId() ? note : undefined;
  } catch (error) {
    if (hasErrno(error, "ENOENT") || error instanceof SyntaxError || v.isValiError(error)) return undefined;
    throw error;
  }
}

/** Whoever has paused it for his work was killed at it. */
export function isAbandoned({ during }: PauseNote): boolean {
  return during !== undefined && !isAlive(during);
}
