import type { Directories } from "../store/directories.ts";
import { collectGarbage, type Garbage, type GarbageOptions } from "./collect-garbage.ts";
import { forgetForGood } from "./forget-images.ts";
import { type ImageSummary, listImages } from "./list-images.ts";
import type { Digest } from "./local-image.ts";
import { type ExpiredName, planRetention, type RetainedName, type RetentionLimits } from "./retention.ts";

export interface ExpiryOptions extends GarbageOptions {
  /** Manifests of the images that containers were made from: these stay. */
  readonly inUse: ReadonlySet<Digest>;
}

export interface Expiry {
  readonly expired: readonly ExpiredName[];
  readonly garbage: Garbage;
}

/** Which names of images have had their time; nothing is changed. */
export function findExpired(
  directories: Directories,
  limits: RetentionLimits,
  inUse: ReadonlySet<Digest>,
  nowMs: number = Date.now(),
): ExpiredName[] {
  const names = listImages(directories).map(retainedName);
  return planRetention(names, limits, inUse, nowMs);
}

/** Takes names away, and then all that no image consists of any more and nothing uses. */
export async function removeNames(
  directories: Directories,
  names: readonly Pick<ExpiredName, "name" | "manifestDigest">[],
  options: GarbageOptions,
): Promise<Garbage> {
  for (const { name, manifestDigest } of names)
    await forgetForGood(directories, manifestDigest, [name], options);
  return collectGarbage(directories, options);
}

/** Removes what has had its time. Throws CntnrError. */
export async function expireImages(
  directories: Directories,
  limits: RetentionLimits,
  options: ExpiryOptions,
): Promise<Expiry> {
  const expired = findExpired(directories, limits, options.inUse);
  return { expired, garbage: await removeNames(directories, expired, options) };
}

function retainedName(image: ImageSummary): RetainedName {
  const { name, repository, manifestDigest, namedAt, usedAtMs, parts } = image;
  return {
    name,
    repository,
    manifestDigest,
    usedAtMs,
    namedAtMs: namedAt === "" ? 0 : Date.parse(namedAt) || 0,
    parts,
  };
}
