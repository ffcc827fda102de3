import { CntnrError } from "../errors/cntnr-error.ts";
import type { IdMapping, IdMappings } from "../userns/id-mappings.ts";

/** Who the container's process is, in the container's own ids. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  readonly home: string;
}

/** Where the wish for a user comes from; the words of the error. */
export interface UserWish {
  /** user[:group], names or numbers; "" for root. */
  readonly text: string;
  readonly from: "flag" | "image" | "group-flag";
}

/** The image's own account files; "" for one that is not there. */
export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Docker's and the kernel's: an int that is not negative. */
const largestId = 0x7fffffff;

/**
 * Finds the user that a container is to run as, by docker's rules: a name, else a number; a user without a group has that of his
 * passwd entry (else 0) and the groups that name him as a member; with a group, that one alone. Throws CntnrError
 * `not-found` for a name that the image does not know, `usage` for what cannot be a user.
 */
export function findUser(wish: UserWish, files: AccountFiles): ContainerUser {
  const [userText = "", groupText = "", ...rest] = wish.text.split(":");
  if (rest.length > 0)
    throw new CntnrError("usage", `${describe(wish)}: a user is written user[:group], names or numbers`);
  const entry = findEntry(wish, userText, parsePasswd(files.passwd));
  const groups = parseGroup(files.group);
  const home = entry.home || "/";
  if (groupText !== "")
    return { uid: entry.uid, gid: findGroup(wish, groupText, groups), additionalGids: [], home };
  const additionalGids = groups
    .filter(({ members, gid }) => entry.name !== "" && members.includes(entry.name) && gid !== entry.gid)
    .map(({ gid }) => gid);
  return { uid: entry.uid, gid: entry.gid, additionalGids: [...new Set(additionalGids)], home };
}

/**
 * The user of a process in a container: looked up in its account files, with the groups that `--group-add` names, and fitted to the
 * ids that are mapped. Throws CntnrError.
 */
export function planUser(
  wish: UserWish,
  files: AccountFiles,
  { mappings, addedGroups, isRoot }: UserSurroundings,
): MappedUser {
  const user = addGroups(findUser(wish, files), addedGroups ?? [], files, mappings);
  return fitUser(user, wish, mappings, addedGroups || isRoot ? "settable" : "not-settable");
}

export interface UserSurroundings {
  readonly mappings: IdMappings;
  readonly addedGroups: readonly string[] | undefined;
  /** Whoever starts the runtime is root. */
  readonly isRoot: boolean;
}

/** `--group-add`: groups of the image, by name or number, beside the user's own. Throws CntnrError `not-found` or `unsupported`. */
export function addGroups(
  user: ContainerUser,
  wanted: readonly string[],
  files: AccountFiles,
  mappings: IdMappings,
): ContainerUser {
  const known = parseGroup(files.group);
  const gids = wanted.map((text) => {
    const wish: UserWish = { text, from: "group-flag" };
    const gid = findGroup(wish, text, known);
    if (isMapped(gid, mappings.gids)) return gid;
    throw new CntnrError(
      "unsupported",
      `${describe(wish)}: group ${gid} is beyond your sub-ids (/etc/subgid)`,
    );
  });
  return { ...user, additionalGids: [...new Set([...user.additionalGids, ...gids])] };
}

function findEntry(wish: UserWish, text: string, entries: readonly PasswdEntry[]): PasswdEntry {
  const number = text === "" ? 0 : parseId(text);
  const entry = entries.find(({ name, uid }) => (text !== "" && name === text) || uid === number);
  if (entry) return entry;
  if (number !== undefined) return { name: "", uid: number, gid: 0, home: number === 0 ? "/root" : "/" };
  throw unknown(wish, "user", text, "/etc/passwd");
}

function findGroup(wish: UserWish, text: string, groups: readonly GroupEntry[]): number {
  const number = parseId(text);
  const entry = groups.find(({ name, gid }) => name === text || gid === number);
  if (entry) return entry.gid;
  if (number !== undefined) return number;
  throw unknown(wish, "group", text, "/etc/group");
}

/** A decimal number that may be an id; undefined for a name. */
function parseId(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const number = Number(text);
  return number <= largestId ? number : undefined;
}

function unknown(wish: UserWish, kind: string, text: string, file: string): CntnrError {
  return new CntnrError(
    "not-found",
    `${describe(wish)}: unable to find ${kind} ${text} in the image's ${file}; numbers always work`,
  );
}

function describe({ text, from }: UserWish): string {
  if (from === "group-flag") return `--group-add ${text}`;
  return from === "flag" ? `-u ${text}` : `the image's user "${text}"`;
}

/** passwd(5); lines that are none are left out, as C libraries do it. */
export function parsePasswd(text: string): PasswdEntry[] {
  return fieldsOf(text).flatMap(([name = "", , uid = "", gid = "", , home = ""]) => {
    const [userId, groupId] = [parseId(uid), parseId(gid)];
    return name === "" || userId === undefined || groupId === undefined
      ? []
      : [{ name, uid: userId, gid: groupId, home }];
  });
}

/** group(5) */
export function parseGroup(text: string): GroupEntry[] {
  return fieldsOf(text).flatMap(([name = "", , gid = "", members = ""]) => {
    const groupId = parseId(gid);
    return name === "" || groupId === undefined ? [] : [{ name, gid: groupId, members: members.split(",") }];
  });
}

function fieldsOf(text: string): string[][] {
  return text.split("\n").flatMap((line) => (line.startsWith("#") ? [] : [line.trim().split(":")]));
}

/** Whether the runtime can set additional groups: runc only when root has started it, be it that of a user namespace. */
export type GroupSetting = "settable" | "not-settable";

/** A user as these mappings allow it, and what had to be changed for it. */
export interface MappedUser {
  readonly user: ContainerUser;
  readonly remarks: readonly string[];
}

/**
 * Fits a user to the ids that are mapped. With one id alone there is only root, so an image's own wish for another user is
 * given up, with a remark; what the person at the terminal asked for is not. Throws CntnrError `unsupported`.
 */
export function fitUser(
  user: ContainerUser,
  wish: UserWish,
  mappings: IdMappings,
  groups: GroupSetting,
): MappedUser {
  const additionalGids =
    groups === "settable" ? user.additionalGids.filter((gid) => isMapped(gid, mappings.gids)) : [];
  if (isMapped(user.uid, mappings.uids) && isMapped(user.gid, mappings.gids))
    return { user: { ...user, additionalGids }, remarks: [] };
  const lack = mappings.subordinate
    ? `user ${user.uid}, group ${user.gid} is beyond your sub-ids (/etc/subuid, /etc/subgid)`
    : "you have no sub-ids (/etc/subuid, /etc/subgid), so a container of yours has no user but root";
  if (wish.from === "flag" || mappings.subordinate)
    throw new CntnrError("unsupported", `${describe(wish)}: ${lack}`);
  return {
    user: { uid: 0, gid: 0, additionalGids: [], home: user.home },
    remarks: [`${describe(wish)} is not what it runs as, but root: ${lack}`],
  };
}

function isMapped(id: number, mappings: readonly IdMapping[]): boolean {
  return mappings.some(({ containerId, size }) => id >= containerId && id < containerId + size);
}
