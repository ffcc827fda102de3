import { CntnrError } from "../errors/cntnr-error.ts";
import { ownProgram } from "../process/own-program.ts";
import { complaintOf } from "../process/run-command.ts";
import type { IdMapping, IdMappings } from "../userns/id-mappings.ts";
import { runInUserNamespace } from "../userns/run-in-user-namespace.ts";
import type { TreeDifferences } from "./compare-trees.ts";
import type { LayerTree } from "./implied-directories.ts";
import type { WorkerJob, WorkerMessage } from "./layer-worker.ts";
import type { Ownership } from "./layer-writer.ts";
import type { PackedArchive, PackJob } from "./pack-layer.ts";
import type { LayerJob, LayerOutcome } from "./unpack-layer.ts";

export interface WorkerRequest {
  /** A directory of the user's, where the worker works: an empty one, or the tree to be packed. */
  readonly target: string;
  readonly mappings: IdMappings;
  /** A lock's descriptor that the worker is to hold, too. */
  readonly lockFd: number;
  readonly signal?: AbortSignal;
}

export interface UnpackRequest extends WorkerRequest {
  /** The layer's blob, at its start. */
  readonly blobFd: number;
  readonly job: Omit<LayerJob, "ownership">;
  readonly onProgress: (doneBytes: number) => void;
}

const timeoutMs = 2 * 60 * 60_000;

/**
 * Unpacks a layer's blob into the target by a process of its own, root of a user namespace with the mappings, which can
 * reach nothing of the file system but the target. Throws only when that process cannot do its work; what is
 * wrong with the layer is in the outcome.
 */
export async function unpackInWorker(request: UnpackRequest): Promise<LayerOutcome> {
  const job: WorkerJob = { kind: "unpack", ...request.job, ownership: ownershipUnder(request.mappings) };
  const last = await runWorker(request, job, [request.blobFd, request.lockFd], request.onProgress);
  if ("outcome" in last) return last.outcome;
  throw wrongAnswer();
}

export interface PackRequest extends WorkerRequest {
  /** An empty file, for the layer's blob. */
  readonly blobFd: number;
  /** The root directories of the layers below, lowest first. */
  readonly lowers: readonly string[];
  readonly job: PackJob;
}

/** Packs the target by a process of its own, as {@link unpackInWorker} unpacks. Throws CntnrError. */
export async function packInWorker(request: PackRequest): Promise<PackedArchive> {
  const job: WorkerJob = { kind: "pack", ...request.job, lowers: request.lowers };
  const last = await runWorker(request, job, [request.blobFd, request.lockFd], () => undefined);
  if ("packed" in last) return last.packed;
  if ("failure" in last) throw new CntnrError(last.failure.code, last.failure.message);
  throw wrongAnswer();
}

/** Compares a tree with the target, which is as it is to be. */
export async function compareInWorker(
  request: WorkerRequest,
  compared: { readonly tree: string; readonly impliedDirectories: readonly string[] },
): Promise<TreeDifferences> {
  const job: WorkerJob = { kind: "compare", ...compared };
  const last = await runWorker(request, job, [request.lockFd], () => undefined);
  if ("differences" in last) return last.differences;
  throw wrongAnswer();
}

/** Makes in the target the directories that the layers (lowest first) imply differently from what they are; returns how many. */
export async function completeInWorker(
  request: WorkerRequest,
  layers: readonly LayerTree[],
): Promise<number> {
  const last = await runWorker(request, { kind: "complete", layers }, [request.lockFd], () => undefined);
  if ("completedDirectories" in last) return last.completedDirectories;
  throw wrongAnswer();
}

/** Makes in the target all directories that an overlay of the layers (root directories, lowest first) shows; returns how many. */
export async function copyDirectoriesInWorker(
  request: WorkerRequest,
  layers: readonly string[],
): Promise<number> {
  const job: WorkerJob = { kind: "copy-directories", layers };
  const last = await runWorker(request, job, [request.lockFd], () => undefined);
  if ("completedDirectories" in last) return last.completedDirectories;
  throw wrongAnswer();
}

/** Starts a worker and returns the last thing that it says. */
async function runWorker(
  request: WorkerRequest,
  job: WorkerJob,
  inherit: readonly number[],
  onProgress: (doneBytes: number) => void,
): Promise<WorkerMessage> {
  let last: WorkerMessage | undefined;
  const result = await runInUserNamespace(request.mappings, [...ownProgram(), "internal-layer"], {
    cwd: request.target,
    stdin: JSON.stringify(job),
    inherit,
    timeoutMs,
    onStdoutLine: (line) => {
      const message: WorkerMessage = JSON.parse(line);
      last = message;
      if ("doneBytes" in message) onProgress(message.doneBytes);
    },
    ...(request.signal ? { signal: request.signal } : {}),
  });
  if (last && result.exitCode === 0) return last;
  throw new CntnrError("engine", `the process that reads or writes layers failed: ${complaintOf(result)}`);
}

function wrongAnswer(): CntnrError {
  return new CntnrError("engine", "the process that reads or writes layers ended before its work was done");
}

function ownershipUnder(mappings: IdMappings): Ownership {
  if (!mappings.subordinate) return { kind: "own-user" };
  return { kind: "kept", mappedUids: idsIn(mappings.uids), mappedGids: idsIn(mappings.gids) };
}

/** How many ids are mapped from 0 on, without a gap: behind one is at most the user's own (keep-ids.ts), whom no image knows. */
function idsIn(mappings: readonly IdMapping[]): number {
  return mappings.reduce((next, { containerId, size }) => (containerId === next ? next + size : next), 0);
}
