import { createHash } from "node:crypto";
import type { CommandSettings, CopyOperation, DirectoryOperation, RunOperation } from "./operation.ts";

/** Names the result of a step: 64 hexadecimal digits. Steps with one key have one result. */
export type StepKey = string & { readonly brand: "StepKey" };

/** What the files that a step begins with consist of, and how this build makes files. */
export interface KeyGround {
  /** Diff ids of all layers below, lowest first. */
  readonly diffIds: readonly string[];
  /** How ids are mapped: it decides what owners files get (mappingsTag). */
  readonly mappings: string;
  /** SOURCE_DATE_EPOCH. */
  readonly latestSeconds: number | undefined;
}

/** Raised when a step's result changes although what it is asked does not. */
const version = 1;

/** Contents that a RUN's mounts show, in their order: a sum for bind mounts, "" for what the result is not to depend on. */
export function runKey(
  ground: KeyGround,
  operation: RunOperation,
  mountSums: readonly string[],
  { addHosts, ulimits, shmSizeBytes, hostname }: CommandSettings,
): StepKey {
  const { argv, script, env, workingDir, user, mounts, network } = operation;
  return keyOf([
    "run",
    groundOf(ground),
    argv,
    script ?? null,
    env,
    workingDir,
    user,
    mounts,
    mountSums,
    network,
    [addHosts, ulimits, shmSizeBytes ?? null, hostname ?? null],
  ]);
}

/**
 * @param sources what is copied: sums of contents, or for a first look what they follow from
 * @param owner as resolved to numbers
 */
export function copyKey(
  ground: KeyGround,
  operation: CopyOperation,
  sources: readonly string[],
  owner: { readonly uid: number; readonly gid: number } | undefined,
): StepKey {
  const { destination, chmod, exclude, isLinked, keepsParents, keepsGitDir, unpack, isAdd } = operation;
  // A linked copy is the same layer whatever it is put on.
  const base = groundOf(isLinked ? { ...ground, diffIds: [] } : ground);
  const rules = [
    destination,
    chmod ?? null,
    exclude,
    isLinked,
    keepsParents,
    keepsGitDir,
    unpack ?? null,
    isAdd,
  ];
  return keyOf(["copy", base, rules, sources, owner ?? null]);
}

export function directoryKey(
  ground: KeyGround,
  operation: DirectoryOperation,
  owner: { readonly uid: number; readonly gid: number },
): StepKey {
  return keyOf(["directory", groundOf(ground), operation.path, owner]);
}

/** One layer in the place of several: `ground` is what is below them. */
export function squashKey(ground: KeyGround, diffIds: readonly string[]): StepKey {
  return keyOf(["squash", groundOf(ground), diffIds]);
}

/** What an image's or a stage's files are known by. */
export function filesKey(diffIds: readonly string[]): string {
  return keyOf(["files", diffIds]);
}

function groundOf({ diffIds, mappings, latestSeconds }: KeyGround): readonly unknown[] {
  return [diffIds, mappings, latestSeconds ?? null];
}

function keyOf(parts: readonly unknown[]): StepKey {
  // Nothing but a sum has this shape, so that the brand holds.
  return createHash("sha256")
    .update(JSON.stringify([version, ...parts]))
    .digest("hex") as StepKey;
}
