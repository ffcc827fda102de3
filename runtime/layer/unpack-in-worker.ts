import { CntnrError } from "../errors/cntnr-error.ts";
import { ownProgram } from "../process/own-program.ts";
import type { IdMapping, IdMappings } from "../userns/id-mappings.ts";
import { runInUserNamespace } from "../userns/run-in-user-namespace.ts";
import type { Ownership } from "./layer-writer.ts";
import type { LayerJob, LayerOutcome } from "./unpack-layer.ts";
import type { WorkerMessage } from "./unpack-worker.ts";

export interface UnpackRequest {
  /** The layer's blob, at its start. */
  readonly blobFd: number;
  /** An empty directory of the user's. */
  readonly target: string;
  readonly job: Omit<LayerJob, "ownership">;
  readonly mappings: IdMappings;
  /** A lock's descriptor that the worker is to hold, too. */
  readonly lockFd: number;
  readonly onProgress: (doneBytes: number) => void;
  readonly signal?: AbortSignal;
}

const timeoutMs = 2 * 60 * 60_000;

/**
 * Unpacks a layer's blob into `target` by a process of its own, root of a user namespace with the mappings, which
 * can reach nothing of the file system but the target. Throws only when that process cannot do its work;
 * what is wrong with the layer is in the outcome.
 */
export async function unpackInWorker(request: UnpackRequest): Promise<LayerOutcome> {
  const job: LayerJob = { ...request.job, ownership: ownershipUnder(request.mappings) };
  let outcome: LayerOutcome | undefined;
  const onStdoutLine = (line: string) => {
    const message: WorkerMessage = JSON.parse(line);
    if ("outcome" in message) outcome = message.outcome;
    else request.onProgress(message.doneBytes);
  };
  const result = await runInUserNamespace(request.mappings, [...ownProgram(), "internal-unpack"], {
    cwd: request.target,
    stdin: JSON.stringify(job),
    inherit: [request.blobFd, request.lockFd],
    timeoutMs,
    onStdoutLine,
    ...(request.signal ? { signal: request.signal } : {}),
  });
  if (outcome) return outcome;
  const last = result.stderr.trim().split("\n").at(-1) ?? "";
  throw new CntnrError("engine", `the process that unpacks layers failed (${result.exitCode}): ${last}`);
}

function ownershipUnder(mappings: IdMappings): Ownership {
  if (!mappings.subordinate) return { kind: "own-user" };
  return { kind: "kept", mappedUids: idsIn(mappings.uids), mappedGids: idsIn(mappings.gids) };
}

/** How many ids are mapped, from 0 on without a gap: loadIdMappings makes no others. */
function idsIn(mappings: readonly IdMapping[]): number {
  return mappings.reduce((sum, { size }) => sum + size, 0);
}
