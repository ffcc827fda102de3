import { accessSync, constants, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { IdMapping, IdMappings } from "./id-mappings.ts";

/** One line of /etc/subuid or /etc/subgid (subuid(5)). */
export interface SubordinateRange {
  readonly start: number;
  readonly count: number;
}

const largestId = 0xffff_fffe;
/** The kernel takes 340 lines in a uid_map (user_namespaces(7)); one of them is the user's own id. */
const mostRanges = 339;

/**
 * The ranges of a user in the text of /etc/subuid or /etc/subgid, by name or by number. Lines that cannot be
 * understood are left out, as newuidmap does: it is newuidmap who decides what is granted.
 */
export function parseSubordinateIds(text: string, user: string | undefined, uid: number): SubordinateRange[] {
  const ranges: SubordinateRange[] = [];
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
export function mapIds(ownId: number, ranges: readonly SubordinateRange[]): IdMapping[] {
  const mappings: IdMapping[] = [{ containerId: 0, hostId: ownId, size: 1 }];
  let containerId = 1;
  for (const { start, count } of ranges) {
    mappings.push({ containerId, hostId: start, size: count });
    containerId += count;
  }
  return mappings;
}

/**
 * How this user's containers see ids: with subordinate ids where the admin gave some and newuidmap is there
 * to map them, else the user's own id alone. Root without an entry of its own needs no helper to map ids and
 * gets the host's first 65536 as they are.
 */
export function loadIdMappings(): IdMappings {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  const own = { uids: mapIds(uid, []), gids: mapIds(gid, []), subordinate: false };
  const subuid = readIfThere("/etc/subuid");
  const subgid = readIfThere("/etc/subgid");
  const user = subuid === "" || subgid === "" ? undefined : userName(uid);
  const uids = parseSubordinateIds(subuid, user, uid);
  const gids = parseSubordinateIds(subgid, user, uid);
  if (uids.length > 0 && gids.length > 0 && (uid === 0 || hasNewuidmap()))
    return { uids: mapIds(uid, uids), gids: mapIds(gid, gids), subordinate: true };
  if (uid !== 0) return own;
  const identity: IdMapping[] = [{ containerId: 0, hostId: 0, size: 65536 }];
  return { uids: identity, gids: identity, subordinate: true };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasErrno(error, "ENOENT", "EACCES")) return "";
    throw error;
  }
}

/** The user's name; /etc/passwd first, because it is ten times as fast as asking the name service. Undefined for a uid without one. */
export function userName(uid: number): string | undefined {
  for (const line of readIfThere("/etc/passwd").split("\n")) {
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

function hasNewuidmap(): boolean {
  // Where the OCI runtime looks for them, and nowhere else.
  const directories = (process.env.PATH ?? "").split(delimiter).filter((path) => path !== "");
  return directories.some((directory) =>
    ["newuidmap", "newgidmap"].every((name) => isExecutable(join(directory, name))),
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
