import { createHash } from "node:crypto";
import { lstatSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { hasErrno } from "../errors/cntnr-error.ts";
import { DamagedBlobError } from "../layer/damaged-blob-error.ts";
import type { Directories } from "../store/directories.ts";
import { blobPath, hexOf } from "./digest.ts";
import type { Digest } from "./local-image.ts";
import type { Descriptor } from "./oci-documents.ts";

/** Documents are read into memory; the registries that matter take manifests of at most 4 MiB. */
const largestDocumentBytes = 16 * 1024 * 1024;
const readBytes = 4 * 1024 * 1024;

/** The text of a manifest or configuration in the store, checked against its descriptor. Throws DamagedBlobError. */
export function readDocument(directories: Directories, descriptor: Descriptor): string {
  checkSize(directories, descriptor, largestDocumentBytes);
  const bytes = readFileSync(blobPath(directories, descriptor.digest));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (bytes.length !== descriptor.size || sha256 !== hexOf(descriptor.digest)) throw damaged(descriptor);
  return bytes.toString();
}

/** Reads a blob to its end to see whether it is what its descriptor says. Throws DamagedBlobError. */
export async function verifyBlob(
  directories: Directories,
  descriptor: Descriptor,
  signal?: AbortSignal,
): Promise<void> {
  checkSize(directories, descriptor, Number.POSITIVE_INFINITY);
  const sha256 = await sha256Of(blobPath(directories, descriptor.digest), signal);
  if (sha256 !== hexOf(descriptor.digest)) throw damaged(descriptor);
}

/** True for a blob with the contents of its name, whatever anybody says of its size. */
export async function isBlobWhole(
  directories: Directories,
  digest: Digest,
  signal?: AbortSignal,
): Promise<boolean> {
  const path = blobPath(directories, digest);
  return statusOf(path)?.isFile() === true && (await sha256Of(path, signal)) === hexOf(digest);
}

async function sha256Of(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(readBytes);
  await using file = await open(path);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, readBytes);
    if (bytesRead === 0) return hash.digest("hex");
    hash.update(buffer.subarray(0, bytesRead));
  }
}

function checkSize(directories: Directories, descriptor: Descriptor, limitBytes: number): void {
  const status = statusOf(blobPath(directories, descriptor.digest));
  if (!status)
    throw new DamagedBlobError(hexOf(descriptor.digest), `blob ${descriptor.digest} is missing in the store`);
  if (!status.isFile() || status.size !== descriptor.size || status.size > limitBytes)
    throw damaged(descriptor);
}

function statusOf(path: string) {
  try {
    return lstatSync(path);
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** The error of a blob that is not what its descriptor says. */
export function damaged({ digest, size }: Descriptor): DamagedBlobError {
  return new DamagedBlobError(
    hexOf(digest),
    `blob ${digest} does not have the ${size} bytes that its digest stands for`,
  );
}
