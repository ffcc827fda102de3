import type { CopyItem } from "./operation.ts";

/** What a source of ADD is: a Git repository, something to fetch, or a path. */
export function classifySource(text: string): CopyItem {
  const git = parseGitSource(text);
  if (git) return git;
  return /^https?:\/\//i.test(text) ? { kind: "url", url: text } : { kind: "path", path: text };
}

/**
 * A repository's address with `#ref:subdirectory` (docker's "URL fragments"): `git://`, `ssh://`, `user@host:path`, and
 * `http(s)://...git`. Undefined for everything else.
 */
export function parseGitSource(text: string): Extract<CopyItem, { kind: "git" }> | undefined {
  const hash = text.indexOf("#");
  const remote = hash < 0 ? text : text.slice(0, hash);
  const isGit =
    /^(?:git|ssh):\/\//i.test(remote) ||
    /^[a-zA-Z0-9_.-]+@[a-zA-Z0-9.-]+:(?!\/\/)/.test(remote) ||
    /^(?:https?|file):\/\/.*\.git\/?$/i.test(remote);
  if (!isGit) return undefined;
  const [ref = "", subdirectory = ""] = hash < 0 ? [] : splitAtColon(text.slice(hash + 1));
  return { kind: "git", remote, ref, subdirectory };
}

function splitAtColon(text: string): [string, string] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
}
