import { accessSync, constants, statSync } from "node:fs";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { readIfPermitted } from "../sys/read-text.ts";
import type { IdMapping, IdMappings } from "./id-mappings.ts";
import {
  existingIds,
  hasNoNewPrivileges,
  type IdRange,
  mayGainSysAdmin,
  ownIdRanges,
} from "./own-namespace.ts";

const setUidBit = 0o4000;
const largestId = 0xffff_fffe;
/** What docker and podman give root's containers. */
const usualIds = 65536;
/** The kernel takes 340 lines in a uid_map (user_namespaces(7)); one of them is the user's own id. */
const mostRanges = 339;

/**
 * The ranges of a user in the text of /etc/subuid or /etc/subgid, by name or by number. Lines that cannot be
 * understood are left out, as newuidmap does: it is newuidmap who decides what is granted.
 */
export function parseSubordinateIds(text: string, user: string | undefined, uid: number): IdRange[] {
  const ranges: IdRange[] = [];
  for (const line of text.split("\n")) {
    const [owner, start, count, ...rest] = line.split(":");
    if ((owner !== user && owner !== String(uid)) || owner === "" || rest.length > 0) continue;
    if (!/^\d{1,10}$/.test(start ?? "") || !/^\d{1,10}$/.test(count ?? "")) continue;
    const range = { start: Number(start), count: Number(count) };
    if (range.count > 0 && range.start + range.count - 1 <= largestId) ranges.push(range);
  }
  return ranges.slice(0, mostRanges);
}

/** The container's ids: 0 is the user, 1 and up are the subordinate ids in the order of the file. */
export function mapIds(ownId: number, ranges: readonly IdRange[]): IdMapping[] {
  const mappings: IdMapping[] = [{ containerId: 0, hostId: ownId, size: 1 }];
  let containerId = 1;
  for (const { start, count } of ranges) {
    mappings.push({ containerId, hostId: start, size: count });
    containerId += count;
  }
  return mappings;
}

/** Of root's ids those that its containers get as they are: the first ones, up to where one is missing. */
export function identityMappings(present: readonly IdRange[]): IdMapping[] {
  const mappings: IdMapping[] = [];
  let next = 0;
  for (const { start, count } of existingIds([{ start: 0, count: usualIds }], present)) {
    if (start !== next) break;
    mappings.push({ containerId: start, hostId: start, size: count });
    next = start + count;
  }
  return mappings;
}

/**
 * How this user's containers see ids: with subordinate ids where the admin gave some and newuidmap is there
 * to map them, else the user's own id alone. Root without an entry of its own needs no helper to map ids and
 * gets the first 65536 that there are as they are; in a container's user namespace that may be one.
 */
export function loadIdMappings(): IdMappings {
  return findIdMappings().mappings;
}

/** The same, with the reason why ids that the admin gave are not used. */
export function findIdMappings(): { readonly mappings: IdMappings; readonly reason?: string } {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  const subuid = readIfPermitted("/etc/subuid") ?? "";
  const subgid = readIfPermitted("/etc/subgid") ?? "";
  const user = subuid === "" || subgid === "" ? undefined : userName(uid);
  const uids = parseSubordinateIds(subuid, user, uid);
  const gids = parseSubordinateIds(subgid, user, uid);
  const isGiven = uids.length > 0 && gids.length > 0;
  if (uid !== 0 && !isGiven) return { mappings: ownIdAlone(uid, gid) };
  const present = ownIdRanges();
  const existing = {
    uids: existingIds(uids, present.uids).slice(0, mostRanges),
    gids: existingIds(gids, present.gids).slice(0, mostRanges),
  };
  const reason = isGiven ? whyNotMapped(uid, existing) : undefined;
  if (isGiven && reason === undefined)
    return {
      mappings: { uids: mapIds(uid, existing.uids), gids: mapIds(gid, existing.gids), subordinate: true },
    };
  const why = reason === undefined ? {} : { reason };
  if (uid !== 0) return { mappings: ownIdAlone(uid, gid), ...why };
  const identity = { uids: identityMappings(present.uids), gids: identityMappings(present.gids) };
  return {
    mappings: { ...identity, subordinate: countOf(identity.uids) > 1 && countOf(identity.gids) > 1 },
    ...why,
  };
}

function whyNotMapped(
  uid: number,
  { uids, gids }: { readonly uids: readonly IdRange[]; readonly gids: readonly IdRange[] },
): string | undefined {
  if (uids.length === 0 || gids.length === 0)
    return "the ids of /etc/subuid and /etc/subgid are not among those of the user namespace that this is in (/proc/self/uid_map)";
  if (uid === 0) return undefined;
  const newuidmap = findNewuidmap();
  if (newuidmap === undefined) return "newuidmap and newgidmap are not installed (Debian package: uidmap)";
  if (hasNoNewPrivileges())
    return "newuidmap gains no rights under no-new-privileges, which the container that this is in was started with: --security-opt no-new-privileges=false lifts it";
  const isSetUid = (statSync(newuidmap).mode & setUidBit) !== 0;
  return isSetUid && !mayGainSysAdmin()
    ? "newuidmap, a set-user-id program, needs CAP_SYS_ADMIN, which no program of the container that this is in can have: --cap-add SYS_ADMIN lifts it"
    : undefined;
}

function ownIdAlone(uid: number, gid: number): IdMappings {
  return { uids: mapIds(uid, []), gids: mapIds(gid, []), subordinate: false };
}

function countOf(mappings: readonly IdMapping[]): number {
  return mappings.reduce((sum, { size }) => sum + size, 0);
}

/** The user's name; /etc/passwd first, because it is ten times as fast as asking the name service. Undefined for a uid without one. */
export function userName(uid: number): string | undefined {
  for (const line of (readIfPermitted("/etc/passwd") ?? "").split("\n")) {
    const [name, , number] = line.split(":", 3);
    if (name && number === String(uid)) return name;
  }
  try {
    const { username } = userInfo();
    // Bun's answer where neither the name service nor the environment has one.
    return username === "unknown" ? undefined : username;
  } catch {
    // A uid without a name (a container, a broken directory service) may still be listed by number.
    return undefined;
  }
}

function findNewuidmap(): string | undefined {
  // Where the OCI runtime looks for them, and nowhere else.
  const directories = (process.env.PATH ?? "").split(delimiter).filter((path) => path !== "");
  const found = directories.find((directory) =>
    ["newuidmap", "newgidmap"].every((name) => isExecutable(join(directory, name))),
  );
  return found === undefined ? undefined : join(found, "newuidmap");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
