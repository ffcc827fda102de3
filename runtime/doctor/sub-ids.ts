import type { IdRange } from "../userns/own-namespace.ts";
import { asRoot, asUser, type Finding, fault, good, type Remedy, warning } from "./check.ts";

/** A program that maps ids for those who may not, and what it has to do so. */
export interface IdMapper {
  readonly path: string;
  readonly mode: number;
  readonly owner: number;
  /** Whether it has file capabilities (capabilities(7)). */
  readonly hasCapabilities: boolean;
}

export interface SubIdFacts {
  /** Undefined for a uid without a name. */
  readonly user: string | undefined;
  readonly uid: number;
  /** Whether the user is one of /etc/passwd's, whom usermod(8) can change. */
  readonly isLocalUser: boolean;
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
  /** Text of both files, with the ranges of all users. */
  readonly subuid: string;
  readonly subgid: string;
  /** newuidmap and newgidmap; undefined for one that is not in PATH. */
  readonly mappers: readonly (IdMapper | undefined)[];
  /** What root types to install them, where that is known. */
  readonly installMappers: string | undefined;
  /** Whether the kernel gives this process no more rights when it starts programs that have some (PR_SET_NO_NEW_PRIVS). */
  readonly hasNoNewPrivileges: boolean;
  /** Why a namespace with these ids could not be made; undefined when it could or nobody has tried. */
  readonly failure: string | undefined;
}

/** As many ids as images count on: nobody is 65534. */
const usualCount = 65_536;
const firstFree = 100_000;
const setUserId = 0o4000;

/** Pure. */
export function judgeSubIds(facts: SubIdFacts): Finding {
  const { uid, uids, gids, mappers, installMappers, failure } = facts;
  if (uid === 0 && failure === undefined) return good("root needs none");
  const lacking = [uids.length === 0 && "/etc/subuid", gids.length === 0 && "/etc/subgid"].filter(Boolean);
  if (lacking.length > 0)
    return warning(`${lacking.join(" and ")} give you none: ${consequence}`, giveRanges(facts));
  if (mappers.includes(undefined))
    return warning(
      `newuidmap and newgidmap are not both in PATH: ${consequence}`,
      installMappers === undefined ? undefined : asRoot(installMappers),
    );
  if (failure !== undefined) return fault(`containers cannot have yours: ${failure}`, mendMappers(facts));
  const count = Math.min(...[uids, gids].map(countOf));
  if (count < usualCount - 1)
    return warning(
      `you have ${count}: files of an image that belong to higher ids become somebody else's`,
      giveRanges({ ...facts, uids: [], gids: [] }),
    );
  return good(`${countOf(uids)} users and ${countOf(gids)} groups beside your own`);
}

const consequence = "containers have one user, and calls like chown succeed without being done";

function countOf(ranges: readonly IdRange[]): number {
  return ranges.reduce((sum, { count }) => sum + count, 0);
}

/** A range that is nobody's in either file, for those of the two that the user has none of. */
function giveRanges({ user, uid, isLocalUser, uids, gids, subuid, subgid }: SubIdFacts): Remedy {
  const start = firstFreeId([subuid, subgid]);
  const wantsUids = uids.length === 0;
  const wantsGids = gids.length === 0;
  const range = `${start}-${start + usualCount - 1}`;
  if (isLocalUser && user !== undefined) {
    const flags = [wantsUids ? `--add-subuids ${range}` : "", wantsGids ? `--add-subgids ${range}` : ""];
    return asRoot(`usermod ${flags.filter(Boolean).join(" ")} ${user}`);
  }
  const files = [wantsUids ? "/etc/subuid" : "", wantsGids ? "/etc/subgid" : ""].filter(Boolean);
  return asRoot(`echo ${user ?? uid}:${start}:${usualCount} | tee -a ${files.join(" ")}`);
}

/** Behind everybody's ranges. */
function firstFreeId(files: readonly string[]): number {
  const ends = files
    .flatMap((text) => text.split("\n"))
    .map((line) => /^[^:]*:(\d{1,10}):(\d{1,10})$/.exec(line.trim()))
    .map((match) => Number(match?.[1] ?? 0) + Number(match?.[2] ?? 0));
  return Math.max(firstFree, ...ends);
}

function mendMappers({ mappers, hasNoNewPrivileges }: SubIdFacts): Remedy | undefined {
  const weak = mappers.flatMap((mapper) => (mapper && !canMap(mapper) ? mapper.path : []));
  if (weak.length > 0) return asRoot(`chown root: ${weak.join(" ")} && chmod u+s ${weak.join(" ")}`);
  if (hasNoNewPrivileges)
    return asUser("grep NoNewPrivs /proc/$$/status; # start cntnr from a session where it is 0");
  return undefined;
}

function canMap({ mode, owner, hasCapabilities }: IdMapper): boolean {
  return hasCapabilities || ((mode & setUserId) !== 0 && owner === 0);
}
