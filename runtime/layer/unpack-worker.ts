import * as v from "valibot";
import { CntnrError } from "../errors/cntnr-error.ts";
import { confineTo } from "../sys/confine.ts";
import type { LayerJob, LayerOutcome } from "./unpack-layer.ts";
import { unpackLayer } from "./unpack-layer.ts";

/** The descriptor on which a worker gets the layer's blob. */
export const blobDescriptor = 3;

const hexSha256 = v.pipe(v.string(), v.regex(/^[a-f0-9]{64}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const jobSchema: v.GenericSchema<LayerJob> = v.strictObject({
  blobSha256: hexSha256,
  blobBytes: count,
  diffSha256: hexSha256,
  ownership: v.variant("kind", [
    v.strictObject({ kind: v.literal("kept"), mappedUids: count, mappedGids: count }),
    v.strictObject({ kind: v.literal("own-user") }),
  ]),
});

/** What a worker says, a line of JSON each: how many bytes of the blob are done, at last the outcome. */
export type WorkerMessage = { readonly doneBytes: number } | { readonly outcome: LayerOutcome };

const progressStepBytes = 4 * 1024 * 1024;

/**
 * The whole life of `cntnr internal-unpack`, which {@link unpackInWorker} starts as root of a user namespace:
 * working directory the empty target, standard input the job, descriptor 3 the blob.
 *
 * It shuts itself into the target before the first byte of the blob is read (B7), so all that it needs
 * of the file system has to be loaded by then.
 */
export async function runUnpackWorker(
  jobText: string,
  send: (message: WorkerMessage) => void,
): Promise<void> {
  const job = v.safeParse(jobSchema, JSON.parse(jobText));
  if (!job.success) throw new CntnrError("usage", "internal-unpack: not a job that cntnr has written");
  confineTo(process.cwd());
  let toldBytes = 0;
  const outcome = await unpackLayer(job.output, blobDescriptor, (doneBytes) => {
    if (doneBytes - toldBytes < progressStepBytes) return;
    toldBytes = doneBytes;
    send({ doneBytes });
  });
  send({ outcome });
}
