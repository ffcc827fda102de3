import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { CntnrError, hasErrno } from "../../errors/cntnr-error.ts";
import type { ByteString } from "../../sys/file-calls.ts";

/** Where a path leads in a tree. Paths are relative to the tree's root, clean and without links; "" is the root. */
export type RootPath =
  | { readonly kind: "there"; readonly path: ByteString; readonly status: Stats }
  /** `path` is where it would be; its first `existing` components are there, and are directories. */
  | { readonly kind: "missing"; readonly path: ByteString; readonly existing: number };

const mostLinks = 40; // MAXSYMLINKS of path_resolution(7)

/**
 * Follows a path in a tree as if the tree's root were the file system's: no link and no ".." leads out of it. The tree must not
 * change meanwhile. Throws CntnrError `build` for a path through something that is no directory, and for links in a circle.
 * @param last whether the last component is followed if it is a link
 */
export function resolveInRoot(root: ByteString, path: ByteString, last: "follow" | "keep"): RootPath {
  const names: ByteString[] = [];
  let status = statusOf(root, "");
  const pending = componentsOf(path);
  let links = 0;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (name === "..") {
      names.pop();
      status = statusOf(root, names.join("/"));
      continue;
    }
    if (!status) {
      names.push(name);
      continue;
    }
    if (!status.isDirectory()) throw notDirectory(names.join("/"), path);
    const here = [...names, name].join("/");
    const found = statusOf(root, here);
    if (found?.isSymbolicLink() && (last === "follow" || pending.length > 0)) {
      if (++links > mostLinks) throw new CntnrError("build", `/${shown(path)}: too many links on the way`);
      const target = readlinkSync(bytes(join(root, here)), { encoding: "latin1" });
      if (target.startsWith("/")) {
        names.length = 0;
        status = statusOf(root, "");
      }
      pending.unshift(...componentsOf(target));
      continue;
    }
    names.push(name);
    status = found;
  }
  const resolved = names.join("/");
  if (status) return { kind: "there", path: resolved, status };
  return { kind: "missing", path: resolved, existing: countExisting(root, names) };
}

/** "a/./b//c" as its components; ".." stays. */
function componentsOf(path: ByteString): ByteString[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function countExisting(root: ByteString, names: readonly ByteString[]): number {
  let count = names.length;
  while (count > 0 && !statusOf(root, names.slice(0, count).join("/"))) count--;
  return count;
}

/** What is at a path of the tree itself, links not followed; undefined for nothing. */
export function statusOf(root: ByteString, path: ByteString): Stats | undefined {
  try {
    return lstatSync(bytes(join(root, path)));
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** A path below a directory; the directory itself for "". */
export function join(directory: ByteString, path: ByteString): ByteString {
  if (path === "") return directory;
  return directory === "" ? path : `${directory}/${path}`;
}

export function bytes(path: ByteString): Buffer {
  return Buffer.from(path, "latin1");
}

/** A path's bytes for what is written in UTF-8: patterns, messages. */
export function textOf(path: ByteString): string {
  return bytes(path).toString("utf8");
}

/** The bytes of a text as a path. */
export function byteString(text: string): ByteString {
  return Buffer.from(text, "utf8").toString("latin1");
}

export function shown(path: ByteString): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return textOf(path).replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
}

function notDirectory(path: ByteString, wanted: ByteString): CntnrError {
  return new CntnrError("build", `/${shown(wanted).replace(/^\/+/, "")}: /${shown(path)} is not a directory`);
}
