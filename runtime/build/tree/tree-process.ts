import { CntnrError } from "../../errors/cntnr-error.ts";
import { complaintOf } from "../../process/run-command.ts";
import type { PackedArchive } from "../../layer/pack-layer.ts";
import type { UpperTree } from "../../layer/upper-tree.ts";
import type { PackRequest } from "../../layer/worker-process.ts";
import { ownProgram } from "../../process/own-program.ts";
import type { IdMapping, IdMappings } from "../../userns/id-mappings.ts";
import { runInUserNamespace } from "../../userns/run-in-user-namespace.ts";
import type { Ownership } from "./ownership.ts";
import type { TreeJob, TreeOutcome } from "./tree-job.ts";

export interface TreeRequest {
  readonly job: Omit<TreeJob, "ownership" | "pack">;
  readonly mappings: IdMappings;
  /** A lock's descriptor that the worker is to hold, too. */
  readonly lockFd: number;
  readonly signal?: AbortSignal;
}

/** An overlay over layers, lowest first, that writes into an upper tree. */
export function overlayOn(lowers: readonly string[], { path, work }: UpperTree): TreeJob["destination"] {
  return { kind: "overlay", lowers, upper: path, work };
}

const timeoutMs = 2 * 60 * 60_000;

/**
 * Puts files into a root file system by a process of its own, root of a user namespace with the mappings, which can reach
 * nothing but the trees that it copies between. Returns a sum over what was copied. Throws CntnrError.
 */
export async function changeTree(request: TreeRequest): Promise<string> {
  return (await runWorker(request, undefined)).digest;
}

/** The same, and then packs the overlay's upper directory as asked: one process less. No archive may be unpacked in it. */
export async function changeAndPackTree(
  request: TreeRequest,
  pack: PackRequest,
): Promise<{ readonly digest: string; readonly packed: PackedArchive }> {
  const { digest, packed } = await runWorker(request, pack);
  if (packed) return { digest, packed };
  throw new CntnrError("engine", "the process that copies files has not packed them");
}

async function runWorker(
  { job, mappings, lockFd, signal }: TreeRequest,
  pack: PackRequest | undefined,
): Promise<Extract<TreeOutcome, { digest: string }>> {
  const whole: TreeJob = { ...job, ownership: ownershipUnder(mappings), pack: pack?.job ?? null };
  const result = await runInUserNamespace(mappings, [...ownProgram(), "internal-tree"], {
    stdin: JSON.stringify(whole),
    inherit: pack ? [pack.blobFd, lockFd] : [lockFd],
    timeoutMs,
    ...(signal ? { signal } : {}),
  });
  const line = result.stdout.trim();
  if (result.exitCode !== 0 || line === "")
    throw new CntnrError("engine", `the process that copies files failed: ${complaintOf(result)}`);
  const outcome: TreeOutcome = JSON.parse(line);
  if ("failure" in outcome) throw new CntnrError(outcome.failure.code, outcome.failure.message);
  return outcome;
}

function ownershipUnder({ uids, gids, subordinate }: IdMappings): Ownership {
  if (!subordinate) return { kind: "recorded" };
  return { kind: "set", mappedUids: countOf(uids), mappedGids: countOf(gids) };
}

function countOf(mappings: readonly IdMapping[]): number {
  return Math.max(...mappings.map(({ containerId, size }) => containerId + size));
}
