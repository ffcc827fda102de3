import { createHash, type Hash } from "node:crypto";
import { readSync } from "node:fs";
import { CntnrError, type ErrorCode, messageOf } from "../errors/cntnr-error.ts";
import { decompress, isCompressed } from "./decompress.ts";
import { damagedLayer } from "./layer-error.ts";
import { type LayerReport, LayerWriter, type Ownership } from "./layer-writer.ts";
import { defaultLimits, type LayerLimits } from "./limits.ts";
import { TarReader } from "./tar-reader.ts";

/** What to unpack, and how to know that it is the right thing. Digests are bare hexadecimal SHA-256. */
export interface LayerJob {
  /** Of the blob as stored. */
  readonly blobSha256: string;
  readonly blobBytes: number;
  /** Of the uncompressed archive. */
  readonly diffSha256: string;
  readonly ownership: Ownership;
}

/** `isBlobDamaged`: the blob is not what its digest says, so fetching it again may help. */
export type LayerOutcome =
  | { readonly ok: true; readonly report: LayerReport }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
      readonly isBlobDamaged: boolean;
    };

const readBytes = 1024 * 1024;

/** A blob as it is read: every byte goes through the digest, whoever uses it. */
class BlobReader {
  readonly #fd: number;
  readonly #sizeBytes: number;
  readonly #hash: Hash = createHash("sha256");
  #isIntact: boolean | undefined;
  #ahead: Buffer | undefined;
  doneBytes = 0;

  constructor(fd: number, sizeBytes: number) {
    this.#fd = fd;
    this.#sizeBytes = sizeBytes;
  }

  /** The first bytes, which come again. */
  get start(): Buffer {
    this.#ahead ??= this.next();
    return this.#ahead ?? Buffer.alloc(0);
  }

  readonly next = (): Buffer | undefined => {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead) return ahead;
    const chunk = Buffer.allocUnsafe(readBytes);
    const bytes = readSync(this.#fd, chunk, 0, readBytes, null);
    this.doneBytes += bytes;
    if (this.doneBytes > this.#sizeBytes) throw damagedLayer("the blob is longer than its descriptor says");
    if (bytes === 0) return undefined;
    const filled = chunk.subarray(0, bytes);
    this.#hash.update(filled);
    return filled;
  };

  /** Reads what is left, and tells whether the whole is the blob that was asked for. */
  isIntact(sha256: string): boolean {
    this.#isIntact ??= this.#drain() && this.#hash.digest("hex") === sha256;
    return this.#isIntact;
  }

  #drain(): boolean {
    try {
      while (this.next());
      return this.doneBytes === this.#sizeBytes;
    } catch {
      return false;
    }
  }
}

/**
 * Unpacks the blob behind `fd` into the working directory, checking digest and size of the blob and the digest
 * of the archive in it on the way. Only after `ok` is the directory good for anything.
 */
export async function unpackLayer(
  job: LayerJob,
  fd: number,
  onProgress: (doneBytes: number) => void,
  limits: LayerLimits = defaultLimits,
): Promise<LayerOutcome> {
  const blob = new BlobReader(fd, job.blobBytes);
  try {
    using writer = new LayerWriter(job.ownership, limits);
    const reader = new TarReader(writer, limits);
    // An archive that is not compressed is digested with the blob.
    const isBlob = job.blobSha256 === job.diffSha256 && !isCompressed(blob.start);
    const diffHash = isBlob ? undefined : createHash("sha256");
    let archiveBytes = 0;
    for await (const chunk of decompress(blob.next)) {
      archiveBytes += chunk.length;
      checkSize(archiveBytes, blob.doneBytes, limits);
      diffHash?.update(chunk);
      reader.push(chunk);
      onProgress(blob.doneBytes);
    }
    reader.end();
    if (!blob.isIntact(job.blobSha256)) return damagedBlob(job);
    if (diffHash && diffHash.digest("hex") !== job.diffSha256)
      throw damagedLayer("its contents are not those that the image's configuration names (diff id)");
    return { ok: true, report: writer.finish() };
  } catch (error) {
    // Nonsense in the archive may be a fault of the disk: then the digest does not match either.
    if (!blob.isIntact(job.blobSha256)) return damagedBlob(job);
    const code = error instanceof CntnrError ? error.code : "engine";
    return { ok: false, code, message: messageOf(error), isBlobDamaged: false };
  }
}

function damagedBlob(job: LayerJob): LayerOutcome {
  return {
    ok: false,
    code: "corrupt",
    message: `blob sha256:${job.blobSha256} does not have the contents that its digest stands for`,
    isBlobDamaged: true,
  };
}

/** Throws for archives larger than any layer, and for bombs. */
export function checkSize(archiveBytes: number, blobBytes: number, limits: LayerLimits): void {
  if (archiveBytes > limits.archiveBytes) throw damagedLayer(`more than ${limits.archiveBytes} bytes`);
  if (archiveBytes > limits.ratioFreeBytes && archiveBytes > blobBytes * limits.compressionRatio)
    throw damagedLayer(`compressed more than ${limits.compressionRatio} times: refused as a bomb`);
}
