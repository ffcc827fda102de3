import { readFileSync, readlinkSync } from "node:fs";
import { CntnrError } from "../errors/cntnr-error.ts";

/** Ids that exist here: `count` from `start` on, side by side in the namespace above, too. */
export interface IdRange {
  readonly start: number;
  readonly count: number;
}

/** The ranges of an id map as /proc/self/uid_map shows it, in the order of the ids. Pure. */
export function parseIdMap(text: string): IdRange[] {
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([start = 0, , count = 0]) => (count > 0 ? [{ start, count }] : []))
    .sort((a, b) => a.start - b.start);
}

/**
 * Of `ranges` what exists here, cut where the map has another line: the kernel takes no range for a new namespace that spans two lines of
 * its parent's map. Pure.
 */
export function existingIds(ranges: readonly IdRange[], present: readonly IdRange[]): IdRange[] {
  return ranges.flatMap((range) =>
    present.flatMap((line) => {
      const start = Math.max(range.start, line.start);
      const end = Math.min(range.start + range.count, line.start + line.count);
      return end > start ? [{ start, count: end - start }] : [];
    }),
  );
}

/** The ids of the user namespace that we are in. */
export function ownIdRanges(): { readonly uids: readonly IdRange[]; readonly gids: readonly IdRange[] } {
  const read = (name: string) => parseIdMap(readFileSync(`/proc/self/${name}`, "utf8"));
  return { uids: read("uid_map"), gids: read("gid_map") };
}

/** Whether set-user-id programs like newuidmap gain nothing (prctl(2), PR_SET_NO_NEW_PRIVS). */
export function hasNoNewPrivileges(): boolean {
  return /^NoNewPrivs:\s*1$/m.test(readFileSync("/proc/self/status", "utf8"));
}

const sysAdmin = 1n << 21n; // CAP_SYS_ADMIN

/** Whether a set-user-id program that we start can have CAP_SYS_ADMIN (capabilities(7), "Capability bounding set"). */
export function mayGainSysAdmin(): boolean {
  const bounds = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${bounds}`) & sysAdmin) !== 0n;
}

/**
 * Refuses a /proc that shows another process namespace than ours, where a number means somebody else: that of a container around the
 * one that we are in. Throws CntnrError `unavailable`.
 */
export function checkProc(): void {
  if (readlinkSync("/proc/self") === String(process.pid)) return;
  throw new CntnrError(
    "unavailable",
    "/proc is that of a container around the one that this is in, so that no process here can be found in it: --security-opt unmask=ALL for the outer one lifts it",
  );
}
