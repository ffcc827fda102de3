/** A version of somebody else's program, as far as it can be compared. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Number of a release candidate; Infinity for the release itself, -1 for what came before the first candidate. */
  readonly candidate: number;
}

/**
 * Reads `1.1.5`, `v1.2.0-rc.3`, `1.0.0-rc93`, and what distributions make of these: `1.0.0~rc93+ds1-5+deb11u3`, `2:1.9.3+ds1-1+b10`.
 * Undefined when the text has none.
 */
export function parseVersion(text: string): Version | undefined {
  const match = /^(?:\d+:)?v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-~.]?(rc|alpha|beta|dev)[.-]?(\d+)?)?/.exec(text);
  if (!match) return undefined;
  const [, major, minor, patch, stage, number] = match;
  const candidate =
    stage === undefined ? Number.POSITIVE_INFINITY : stage === "rc" ? Number(number ?? 0) : -1;
  return { major: Number(major), minor: Number(minor), patch: Number(patch ?? 0), candidate };
}

/** Negative when `a` is older. */
export function compareVersions(a: Version, b: Version): number {
  for (const part of ["major", "minor", "patch", "candidate"] as const)
    if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1;
  return 0;
}
