import { describe, expect, test } from "bun:test";
import {
  classifySource,
  parseGitContext,
  parseGitSource,
} from "../../../../../runtime/build/plan/remote-source.ts";

const remote = "https://example.org/user/repo.git";
const commit = "0123456789abcdef0123456789abcdef01234567";

describe("a repository's address says what is wanted of it", () => {
  test.each([
    ["", { ref: "", subdirectory: "" }],
    ["#main:sub/dir", { ref: "main", subdirectory: "sub/dir" }],
    ["#:sub", { ref: "", subdirectory: "sub" }],
    ["?branch=b&subdir=s", { ref: "refs/heads/b", subdirectory: "s" }],
    ["?tag=v1", { ref: "refs/tags/v1" }],
    ["?ref=pull/42/head", { ref: "pull/42/head" }],
    ["?branch=b#:sub", { ref: "refs/heads/b", subdirectory: "sub" }],
    [`?tag=v1&checksum=${commit.slice(0, 8)}`, { ref: "refs/tags/v1", checksum: commit.slice(0, 8) }],
    [`?commit=${commit}`, { ref: commit, checksum: commit }],
    ["?keep-git-dir=true&submodules=false", { keepsGitDir: true, hasSubmodules: false }],
  ])("%p", (suffix, expected) => {
    expect(parseGitSource(`${remote}${suffix}`)).toMatchObject({ kind: "git", remote, ...expected });
    expect(classifySource(`${remote}${suffix}`).kind).toBe("git");
  });

  test.each([
    ["?branch=a&tag=b", "more than one ref"],
    ["?ref=a#b", "more than one ref"],
    ["?subdir=a#:b", "more than one subdirectory"],
    ["?checksum=xyz", "hexadecimal digits"],
    ["?keep-git-dir=maybe", "true or false"],
    ["?brunch=a", "there is no brunch"],
  ])("%p is refused", (suffix, reason) => {
    expect(() => parseGitSource(`${remote}${suffix}`)).toThrow(reason);
  });
});

test("an address is one of a repository, of a file, or a path", () => {
  for (const text of ["git@example.org:user/repo.git", "ssh://git@host/repo", "git://host/repo?ref=x"])
    expect(classifySource(text).kind).toBe("git");
  for (const text of ["https://example.org/file?x=.git", "http://example.org/x.git.tar"])
    expect(classifySource(text)).toEqual({ kind: "url", url: text });
  for (const text of ["github.com/user/repo", "dir.git", "a?b"])
    expect(classifySource(text)).toEqual({ kind: "path", path: text });
});

test("a context at GitHub needs neither https:// nor .git", () => {
  for (const text of ["github.com/u/r", "github.com/u/r.git", "github.com/u/r/"])
    expect(parseGitContext(`${text}#main:sub`)).toMatchObject({
      remote: "https://github.com/u/r.git",
      ref: "main",
      subdirectory: "sub",
    });
});
