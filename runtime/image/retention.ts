import type { Digest } from "./local-image.ts";

/** What is known of one name of an image, for deciding how long it stays. Times in epoch milliseconds; 0: not known. */
export interface RetainedName {
  /** "" for an image without a name. */
  readonly name: string;
  readonly repository: string;
  readonly manifestDigest: Digest;
  readonly namedAtMs: number;
  /** Last use of the image. */
  readonly usedAtMs: number;
  /** Everything on the disk that belongs to the image, by what it is, in bytes; images may share parts. */
  readonly parts: ReadonlyMap<string, number>;
}

export interface RetentionLimits {
  /** Images that were not used for longer go. */
  readonly imageTtlMs?: number;
  /** Names that are older go; images without a name count from their last use. */
  readonly nameTtlMs?: number;
  /** So many of the youngest names of each repository stay. */
  readonly mostPerRepository?: number;
  /** The least recently used images go until all others together are no larger. */
  readonly mostBytes?: number;
}

export interface ExpiredName {
  readonly name: string;
  readonly manifestDigest: Digest;
  /** Completes "... goes, because it". */
  readonly reason: string;
}

/**
 * Which names go. Never one of an image that is in use, and none whose age is not known for its age. Pure.
 * @param inUse manifests of images that containers were made from
 */
export function planRetention(
  names: readonly RetainedName[],
  limits: RetentionLimits,
  inUse: ReadonlySet<Digest>,
  nowMs: number,
): ExpiredName[] {
  const expired = new Map<RetainedName, string>();
  const free = names.filter(({ manifestDigest }) => !inUse.has(manifestDigest));
  const expire = (name: RetainedName, reason: string) => {
    if (!expired.has(name)) expired.set(name, reason);
  };
  for (const name of free) {
    const usedAtMs = lastTouched(name);
    const namedAtMs = name.name === "" ? usedAtMs : name.namedAtMs;
    if (isOlder(usedAtMs, limits.imageTtlMs, nowMs))
      expire(name, "was not used for longer than images are kept");
    if (isOlder(namedAtMs, limits.nameTtlMs, nowMs)) expire(name, "is older than names are kept");
  }
  for (const name of beyondTheMost(names, limits.mostPerRepository))
    if (!inUse.has(name.manifestDigest)) expire(name, "is not among the youngest of its repository");
  const remaining = names.filter((name) => !expired.has(name));
  for (const name of beyondTheSize(remaining, limits.mostBytes, inUse))
    expire(name, "was used least recently, and all images are too large together");
  return [...expired].map(([{ name, manifestDigest }, reason]) => ({ name, manifestDigest, reason }));
}

function lastTouched({ usedAtMs, namedAtMs }: RetainedName): number {
  return Math.max(usedAtMs, namedAtMs);
}

function isOlder(timeMs: number, ttlMs: number | undefined, nowMs: number): boolean {
  return ttlMs !== undefined && timeMs > 0 && nowMs - timeMs > ttlMs;
}

function beyondTheMost(names: readonly RetainedName[], most: number | undefined): RetainedName[] {
  if (most === undefined) return [];
  const byRepository = Map.groupBy(
    names.filter(({ name }) => name !== ""),
    ({ repository }) => repository,
  );
  return [...byRepository.values()].flatMap((group) =>
    group.toSorted((a, b) => b.namedAtMs - a.namedAtMs).slice(most),
  );
}

function beyondTheSize(
  names: readonly RetainedName[],
  mostBytes: number | undefined,
  inUse: ReadonlySet<Digest>,
): RetainedName[] {
  if (mostBytes === undefined) return [];
  const images = Map.groupBy(names, ({ manifestDigest }) => manifestDigest);
  const users = new Map<string, number>();
  let bytes = 0;
  for (const [first] of images.values())
    for (const [part, size] of first?.parts ?? []) {
      if (!users.has(part)) bytes += size;
      users.set(part, (users.get(part) ?? 0) + 1);
    }
  const gone: RetainedName[] = [];
  const oldestFirst = [...images.values()].sort((a, b) => newest(a) - newest(b));
  for (const group of oldestFirst) {
    const [first] = group;
    if (bytes <= mostBytes || !first) break;
    if (inUse.has(first.manifestDigest)) continue;
    gone.push(...group);
    for (const [part, size] of first.parts) {
      const left = (users.get(part) ?? 1) - 1;
      users.set(part, left);
      if (left === 0) bytes -= size;
    }
  }
  return gone;
}

function newest(group: readonly RetainedName[]): number {
  return Math.max(...group.map(lastTouched));
}
