import * as v from "valibot";
import { CntnrError, type ErrorCode } from "../errors/cntnr-error.ts";
import { confineTo } from "../sys/confine.ts";
import { setOwner } from "../sys/file-calls.ts";
import { compareTrees, type TreeDifferences } from "./compare-trees.ts";
import { copyDirectories } from "./directory-skeleton.ts";
import { completeDirectories, type LayerTree } from "./implied-directories.ts";
import { LowerLayers } from "./lower-layers.ts";
import { type PackedArchive, type PackJob, packLayer } from "./pack-layer.ts";
import { type LayerJob, type LayerOutcome, unpackLayer } from "./unpack-layer.ts";

/** The descriptor on which a worker gets the layer's blob, to read or to write. */
const blobDescriptor = 3;

const hexSha256 = v.pipe(v.string(), v.regex(/^[a-f0-9]{64}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The parts of a PackJob. */
export const packJobEntries = {
  owners: v.variant("kind", [
    v.strictObject({ kind: v.literal("files") }),
    v.strictObject({ kind: v.literal("recorded") }),
    v.strictObject({ kind: v.literal("fixed"), uid: count, gid: count }),
  ]),
  latestSeconds: v.nullable(v.pipe(v.number(), v.integer())),
  mountPoints: v.pipe(v.array(v.string()), v.readonly()),
  compression: v.picklist(["gzip", "zstd", "none"]),
  fate: v.picklist(["keep", "adopt"]),
};

/** What a worker is to do in its working directory: an empty one, or to pack the one to be packed. */
export type WorkerJob =
  | ({ readonly kind: "unpack" } & LayerJob)
  /** `lowers`: the root directories of the layers below, lowest first. */
  | ({ readonly kind: "pack"; readonly lowers: readonly string[] } & PackJob)
  /** With the working directory, which is as it is to be; `tree`: a root directory. */
  | { readonly kind: "compare"; readonly tree: string; readonly impliedDirectories: readonly string[] }
  | { readonly kind: "complete"; readonly layers: readonly LayerTree[] }
  /** Root directories of layers, lowest first. */
  | { readonly kind: "copy-directories"; readonly layers: readonly string[] };

const jobSchema: v.GenericSchema<WorkerJob> = v.variant("kind", [
  v.strictObject({
    kind: v.literal("unpack"),
    blobSha256: hexSha256,
    blobBytes: count,
    diffSha256: hexSha256,
    ownership: v.variant("kind", [
      v.strictObject({ kind: v.literal("kept"), mappedUids: count, mappedGids: count }),
      v.strictObject({ kind: v.literal("own-user") }),
    ]),
  }),
  v.strictObject({
    kind: v.literal("pack"),
    lowers: v.array(v.string()),
    ...packJobEntries,
  }),
  v.strictObject({
    kind: v.literal("complete"),
    layers: v.array(v.strictObject({ path: v.string(), impliedDirectories: v.array(v.string()) })),
  }),
  v.strictObject({ kind: v.literal("compare"), tree: v.string(), impliedDirectories: v.array(v.string()) }),
  v.strictObject({ kind: v.literal("copy-directories"), layers: v.array(v.string()) }),
]);

/** What a worker says, a line of JSON each: how many bytes of the blob are done; at last the result. */
export type WorkerMessage =
  | { readonly doneBytes: number }
  | { readonly outcome: LayerOutcome }
  | { readonly packed: PackedArchive }
  | { readonly failure: { readonly code: ErrorCode; readonly message: string } }
  | { readonly completedDirectories: number }
  | { readonly differences: TreeDifferences };

const progressStepBytes = 4 * 1024 * 1024;

/**
 * The whole life of `cntnr internal-layer`, which runWorker() starts as root of a user namespace with the target as
 * working directory and the job on standard input.
 *
 * To unpack, it shuts itself into the target before the first byte of the blob is read (B7), so all that it needs of
 * the file system has to be loaded by then. To pack, too: the tree may be a running container's, and full of traps.
 */
export async function layerWorker(jobText: string, send: (message: WorkerMessage) => void): Promise<void> {
  const parsed = v.safeParse(jobSchema, JSON.parse(jobText));
  if (!parsed.success) throw new CntnrError("usage", "internal-layer: not a job that cntnr has written");
  const job = parsed.output;
  // A new tree is the user's, who need not be the namespace's root.
  if (job.kind !== "pack" && job.kind !== "compare") setOwner(".", 0, 0);
  if (job.kind === "complete") {
    send({ completedDirectories: completeDirectories(job.layers) });
    return;
  }
  if (job.kind === "copy-directories") {
    send({ completedDirectories: copyDirectories(job.layers) });
    return;
  }
  if (job.kind === "compare") {
    const [wanted, found] = [process.cwd(), job.tree].map((path) => Buffer.from(path).toString("latin1"));
    const implied = new Set(job.impliedDirectories);
    send({ differences: compareTrees({ wanted: wanted ?? "", found: found ?? "", implied }) });
    return;
  }
  if (job.kind === "pack") {
    send(await pack(job));
    return;
  }
  confineTo(process.cwd());
  let toldBytes = 0;
  const outcome = await unpackLayer(job, blobDescriptor, (doneBytes) => {
    if (doneBytes - toldBytes < progressStepBytes) return;
    toldBytes = doneBytes;
    send({ doneBytes });
  });
  send({ outcome });
}

async function pack(job: PackJob & { readonly lowers: readonly string[] }): Promise<WorkerMessage> {
  try {
    using lowers = new LowerLayers(job.lowers);
    confineTo(process.cwd());
    return { packed: await packLayer(job, lowers, blobDescriptor) };
  } catch (error) {
    if (!(error instanceof CntnrError)) throw error;
    return { failure: { code: error.code, message: error.message } };
  }
}
