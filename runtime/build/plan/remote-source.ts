import { CntnrError } from "../../errors/cntnr-error.ts";
import type { CopyItem } from "./operation.ts";

export type GitItem = Extract<CopyItem, { kind: "git" }>;

/** What a source of ADD is: a Git repository, something to fetch, or a path. Throws CntnrError `build`. */
export function classifySource(text: string): CopyItem {
  const git = parseGitSource(text);
  if (git) return git;
  return /^https?:\/\//i.test(text) ? { kind: "url", url: text } : { kind: "path", path: text };
}

/** The same for a build's context, which may leave `https://` out in front of github.com. */
export function parseGitContext(text: string): GitItem | undefined {
  return parseGitSource(text.startsWith("github.com/") ? addressOf(text) : text);
}

/** Of a repository at GitHub, whose addresses need no `.git` there. */
function addressOf(text: string): string {
  const [, path = "", rest = ""] = /^([^?#]*)(.*)$/s.exec(text) ?? [];
  return `https://${path.replace(/(?:\.git)?\/?$/, ".git")}${rest}`;
}

/**
 * A repository's address: `git://`, `ssh://`, `user@host:path`, and `http(s)://...git`; with `#ref:subdirectory`
 * (docker's "URL fragments"), or with `?branch=...&subdir=...` ("URL queries"). Undefined for everything else. Throws CntnrError `build`.
 */
export function parseGitSource(text: string): GitItem | undefined {
  const hash = text.indexOf("#");
  const whole = hash < 0 ? text : text.slice(0, hash);
  const mark = whole.includes("://") ? whole.indexOf("?") : -1;
  const remote = mark < 0 ? whole : whole.slice(0, mark);
  const isGit =
    /^(?:git|ssh):\/\//i.test(remote) ||
    /^[a-zA-Z0-9_.-]+@[a-zA-Z0-9.-]+:(?!\/\/)/.test(remote) ||
    /^(?:https?|file):\/\/.*\.git\/?$/i.test(remote);
  if (!isGit) return undefined;
  const [ref = "", subdirectory = ""] = hash < 0 ? [] : splitAtColon(text.slice(hash + 1));
  const item: GitItem = { kind: "git", remote, ref, subdirectory };
  return mark < 0 ? item : withQuery(item, new URLSearchParams(whole.slice(mark + 1)), text);
}

function withQuery(item: GitItem, query: URLSearchParams, text: string): GitItem {
  let found = item;
  const refuse = (reason: string) => new CntnrError("build", `${text}: ${reason}`);
  const setRef = (ref: string) => {
    if (found.ref !== "") throw refuse("it has more than one ref");
    found = { ...found, ref };
  };
  for (const [key, value] of query)
    switch (key) {
      case "ref":
        setRef(value);
        break;
      case "branch":
        setRef(`refs/heads/${value}`);
        break;
      case "tag":
        setRef(`refs/tags/${value}`);
        break;
      case "subdir":
        if (found.subdirectory !== "") throw refuse("it has more than one subdirectory");
        found = { ...found, subdirectory: value };
        break;
      case "commit":
      case "checksum":
        if (!/^[a-f0-9]{7,64}$/.test(value)) throw refuse(`${key}=${value}: a commit's hexadecimal digits`);
        found = { ...found, checksum: value };
        break;
      case "keep-git-dir":
        found = { ...found, keepsGitDir: booleanOf(value, refuse(`${key}=${value}: true or false`)) };
        break;
      case "submodules":
        found = { ...found, hasSubmodules: booleanOf(value, refuse(`${key}=${value}: true or false`)) };
        break;
      default:
        throw refuse(
          `there is no ${key} (there are ref, branch, tag, subdir, checksum, keep-git-dir, submodules)`,
        );
    }
  // A commit alone is what is checked out.
  const isWhole = found.checksum !== undefined && /^[a-f0-9]{40}$/.test(found.checksum);
  return found.ref === "" && isWhole ? { ...found, ref: found.checksum ?? "" } : found;
}

function booleanOf(text: string, error: CntnrError): boolean {
  if (/^(?:1|t|true|)$/i.test(text)) return true;
  if (/^(?:0|f|false)$/i.test(text)) return false;
  throw error;
}

function splitAtColon(text: string): [string, string] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
}
