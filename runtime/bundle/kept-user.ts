import { homedir } from "node:os";
import { posix } from "node:path";
import type { Cover } from "../rootfs/mount-points.ts";
import type { KeptIds } from "../userns/keep-ids.ts";
import { userName } from "../userns/load-id-mappings.ts";
import { type AccountFiles, parseGroup, parsePasswd } from "./container-user.ts";

/** The user where he keeps his ids in a container. */
export interface KeptUser extends KeptIds {
  readonly name: string;
  /** In the container. */
  readonly home: string;
}

/**
 * Whoever runs cntnr, by the name that he has outside; his home is his own where that is mounted, else the working directory, as podman
 * has it. Undefined when he has no name.
 */
export function findKeptUser(
  ids: KeptIds,
  workingDirectory: string,
  mounts: readonly { readonly destination: string }[],
): KeptUser | undefined {
  const name = userName(process.getuid?.() ?? 0);
  if (name === undefined) return undefined;
  const own = homedir();
  const isThere = mounts.some(({ destination }) => `${own}/`.startsWith(posix.join(destination, "/")));
  return { ...ids, name, home: isThere ? own : workingDirectory };
}

/**
 * Pure: the account files of an image with this user and his group in them. One whose name or id is there already stays as it is, and
 * a file that the image does not have is not made. A home that would break the line is the root directory.
 */
export function withKeptUser({ passwd, group }: AccountFiles, user: KeptUser): AccountFiles {
  const { name, uid, gid } = user;
  const home = /[:\n]/.test(user.home) ? "/" : user.home;
  const isUser = parsePasswd(passwd).some((entry) => entry.name === name || entry.uid === uid);
  const isGroup = parseGroup(group).some((entry) => entry.name === name || entry.gid === gid);
  return {
    passwd: isUser ? passwd : withLine(passwd, `${name}:*:${uid}:${gid}:${name}:${home}:/bin/sh`),
    group: isGroup ? group : withLine(group, `${name}:x:${gid}:`),
  };
}

function withLine(text: string, line: string): string {
  if (text === "") return "";
  return `${text}${text.endsWith("\n") ? "" : "\n"}${line}\n`;
}

/** The files that say something else than the image's. */
export function changedAccounts(ofImage: AccountFiles, wanted: AccountFiles): Cover[] {
  return (["passwd", "group"] as const)
    .filter((name) => wanted[name] !== ofImage[name])
    .map((name) => ({ path: `/etc/${name}`, kind: "file", text: wanted[name] }));
}
