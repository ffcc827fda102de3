import { join } from "node:path";
import type { Directories } from "../store/directories.ts";
import type { DiffId, Digest } from "./local-image.ts";

/** The only shape in which a digest may become part of a path or a command line (B8). */
export const digestPattern = /^sha256:[a-f0-9]{64}$/;

export function isDigest(text: string): text is Digest {
  return digestPattern.test(text);
}

/** The 64 digits alone. */
export function hexOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}

/** As {@link hexOf}, of an uncompressed archive. */
export function hexOfDiffId(diffId: DiffId): string {
  return diffId.slice("sha256:".length);
}

/** A digest of its 64 digits. Throws RangeError for anything else. */
export function digestOfHex(hex: string): Digest {
  const digest = `sha256:${hex}`;
  if (isDigest(digest)) return digest;
  throw new RangeError("not a sha256 digest");
}

/** As {@link digestOfHex}, of an uncompressed archive. */
export function diffIdOfHex(hex: string): DiffId {
  const diffId = `sha256:${hex}`;
  if (isDiffId(diffId)) return diffId;
  throw new RangeError("not a sha256 digest");
}

function isDiffId(text: string): text is DiffId {
  return digestPattern.test(text);
}

/** Where the store has this blob. */
export function blobPath(directories: Directories, digest: Digest): string {
  return join(directories.images, "blobs/sha256", hexOf(digest));
}
