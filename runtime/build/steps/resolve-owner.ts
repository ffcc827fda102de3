import { findUser } from "../../bundle/container-user.ts";
import { CntnrError } from "../../errors/cntnr-error.ts";
import { LayeredTree } from "../../rootfs/layered-tree.ts";
import type { Owner } from "../tree/ownership.ts";

/** Whom USER means: whose a working directory becomes. */
export function resolveUser(text: string, lowers: readonly string[]): Owner {
  return text === "" ? { uid: 0, gid: 0 } : findIn(text, lowers);
}

/**
 * Whom `--chown` means: numbers as they are, names by the /etc/passwd and /etc/group of the files below. A user alone
 * has his own group, or with a number that is not in there the group of the same number.
 */
export function resolveOwner(text: string, lowers: readonly string[]): Owner {
  const [user = "", group, ...rest] = text.split(":");
  if (rest.length > 0 || (user === "" && !group))
    throw new CntnrError("build", `owner "${text}" is not USER[:GROUP], in names or numbers`);
  if (/^\d+$/.test(user) && (group === undefined || group === ""))
    return { uid: idOf(user), gid: idOf(user) };
  if (/^\d+$/.test(user) && /^\d+$/.test(group ?? "")) return { uid: idOf(user), gid: idOf(group ?? "") };
  return findIn(text, lowers);
}

function findIn(text: string, lowers: readonly string[]): Owner {
  const tree = new LayeredTree(lowers);
  const files = { passwd: tree.readText("/etc/passwd") ?? "", group: tree.readText("/etc/group") ?? "" };
  try {
    const { uid, gid } = findUser({ text, from: "image" }, files);
    return { uid, gid };
  } catch (error) {
    if (!(error instanceof CntnrError)) throw error;
    throw new CntnrError("build", `owner "${text}": neither name is known in the image, or one is not`, {
      cause: error,
    });
  }
}

function idOf(text: string): number {
  const id = Number(text);
  if (id <= 0x7fffffff) return id;
  throw new CntnrError("build", `owner ${text}: no id is that large`);
}
