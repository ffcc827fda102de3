/** The versions of the CNI specification that netd speaks, oldest first. */
export const cniVersions = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;

export type CniVersion = (typeof cniVersions)[number];

export function isCniVersion(text: string): text is CniVersion {
  return cniVersions.some((version) => version === text);
}

export function isAtLeast(version: CniVersion, other: CniVersion): boolean {
  return cniVersions.indexOf(version) >= cniVersions.indexOf(other);
}
