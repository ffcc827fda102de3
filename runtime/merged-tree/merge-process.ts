import { existsSync, mkdirSync } from "node:fs";
import { CntnrError } from "../errors/cntnr-error.ts";
import { ownProgram } from "../process/own-program.ts";
import type { Cover } from "../rootfs/mount-points.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { runInUserNamespace } from "../userns/run-in-user-namespace.ts";
import type { MergeJob } from "./merge-worker.ts";

export interface MergeOptions {
  readonly mappings: IdMappings;
  /** A lock's descriptor that the worker is to hold, too. */
  readonly lockFd?: number;
  readonly signal?: AbortSignal;
}

const timeoutMs = 2 * 60 * 60_000;

/**
 * Copies a directory of the merged layers (lowest first) into an empty directory, with owners, modes, times, attributes and hard links.
 * Throws CntnrError.
 * @param from absolute, in the merged tree; "/" for the whole
 * @param covers places, without links, for real directories and files instead of what the layers have there
 */
export async function mergeLayers(
  layers: readonly string[],
  from: string,
  target: string,
  covers: readonly Cover[],
  options: MergeOptions,
): Promise<void> {
  await runWorker(target, { kind: "merge", layers, from, covers, snapshot: null }, options);
}

/** Makes a copy of layers (lowest first) that is to be changed in the place of an overlay of them. */
export async function makeWorkingCopy(
  layers: readonly string[],
  copy: string,
  covers: readonly Cover[],
  options: MergeOptions,
): Promise<void> {
  mkdirSync(copy, { mode: 0o700 });
  await runWorker(copy, { kind: "merge", layers, from: "/", covers, snapshot: snapshotOf(copy) }, options);
}

/** Whether it is known what a copy was in the beginning. */
export function isWorkingCopy(copy: string): boolean {
  return existsSync(snapshotOf(copy));
}

/**
 * Copies what was changed in a working copy into an empty directory, the upper one, though somebody may still work in the copy.
 * @param scratch another empty directory
 */
export async function copyChanges(
  copy: string,
  upper: string,
  scratch: string,
  options: MergeOptions,
): Promise<void> {
  await runWorker(upper, { kind: "copy-changes", tree: copy, snapshot: snapshotOf(copy), scratch }, options);
}

/** Puts real directories and files at places of a working copy: a change like any other. */
export async function coverPlaces(
  copy: string,
  covers: readonly Cover[],
  mappings: IdMappings,
): Promise<void> {
  if (covers.length > 0) await runWorker(copy, { kind: "cover", covers }, { mappings });
}

/** Moves what was changed in a working copy into an empty directory, the upper one. Nothing may run in the copy any more. */
export async function takeChanges(copy: string, upper: string, options: MergeOptions): Promise<void> {
  await runWorker(upper, { kind: "take", tree: copy, snapshot: snapshotOf(copy) }, options);
}

/** Beside the copy, with which it goes. */
function snapshotOf(copy: string): string {
  return `${copy}-snapshot`;
}

async function runWorker(
  target: string,
  job: MergeJob,
  { mappings, lockFd, signal }: MergeOptions,
): Promise<void> {
  const { exitCode, stderr } = await runInUserNamespace(mappings, [...ownProgram(), "internal-merge"], {
    cwd: target,
    stdin: JSON.stringify(job),
    inherit: lockFd === undefined ? [] : [lockFd],
    timeoutMs,
    ...(signal ? { signal } : {}),
  });
  if (exitCode === 0) return;
  const reason = stderr.trim().split("\n").at(-1) ?? "";
  throw new CntnrError("engine", `the image's files cannot be copied: ${reason.replace(/^cntnr: /, "")}`);
}
