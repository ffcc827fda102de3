import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CntnrError } from "../../errors/cntnr-error.ts";
import { runCommand } from "../../process/run-command.ts";
import type { SecretSource } from "../steps/secrets.ts";
import { gitAuthorization } from "./git-authorization.ts";

export interface GitSource {
  readonly remote: string;
  /** Branch, tag or commit; "" for the remote's own choice. */
  readonly ref: string;
  /** The beginning of the commit's digits. */
  readonly checksum?: string;
  /** Default: true. */
  readonly hasSubmodules?: boolean;
}

export interface GitOptions {
  readonly gitDirectory: "kept" | "removed";
  readonly env: NodeJS.ProcessEnv;
  /** Of the build, by id: those that servers want to see. */
  readonly secrets: ReadonlyMap<string, SecretSource>;
  readonly signal: AbortSignal;
}

const fetchTimeoutMs = 60 * 60_000;

/**
 * Checks a repository out into an empty directory and returns the commit. Modes are 644 and 755, whatever the umask is.
 * Throws CntnrError `unavailable` without git, or when the repository or the ref cannot be had.
 */
export async function checkOut(
  { remote, ref, checksum, hasSubmodules = true }: GitSource,
  directory: string,
  options: GitOptions,
): Promise<string> {
  const env = { ...options.env, ...gitAuthorization(remote, options.secrets, options.env) };
  const git = (...args: string[]) => runGit(directory, args, { ...options, env });
  // A name that begins with a dash would be an option.
  if (remote.startsWith("-") || ref.startsWith("-"))
    throw new CntnrError("build", `"${remote}#${ref}" is no repository`);
  await git("init", "--quiet");
  await git("remote", "add", "origin", remote);
  const commit = /^[a-f0-9]{40}$/.test(ref) ? ref : await findRef(ref || "HEAD", git);
  if (checksum !== undefined && !commit.startsWith(checksum))
    throw new CntnrError("build", `${remote} is not what its checksum says: it is at ${commit}`);
  await git("fetch", "--quiet", "--depth=1", "--no-tags", "origin", commit);
  await git("-c", "advice.detachedHead=false", "checkout", "--quiet", "FETCH_HEAD");
  if (hasSubmodules) await git("submodule", "update", "--quiet", "--init", "--recursive", "--depth=1");
  if (options.gitDirectory === "removed") await rm(join(directory, ".git"), { recursive: true });
  return commit;
}

/** Branches before tags; a tag's commit rather than the tag itself. */
async function findRef(ref: string, git: (...args: string[]) => Promise<string>): Promise<string> {
  const lines = (await git("ls-remote", "origin", ref, `${ref}^{}`)).split("\n");
  const refs = new Map(
    lines
      .map((line) => line.split("\t"))
      .flatMap(([hash = "", name]) => (name ? [[name, hash] as const] : [])),
  );
  for (const name of [ref, `refs/heads/${ref}`, `refs/tags/${ref}`, `refs/${ref}`]) {
    const commit = refs.get(`${name}^{}`) ?? refs.get(name);
    if (commit !== undefined) return commit;
  }
  throw new CntnrError("unavailable", `the repository has no branch or tag ${ref}`);
}

async function runGit(
  directory: string,
  args: readonly string[],
  options: Pick<GitOptions, "env" | "signal">,
): Promise<string> {
  const result = await runCommand(
    "sh",
    // Nobody is there to be asked, for a password or about a host's key: without a terminal ssh does not try.
    ["-c", 'umask 022 && exec setsid git "$@"', "git", "-C", directory, ...args],
    {
      timeoutMs: fetchTimeoutMs,
      signal: options.signal,
      env: { ...options.env, GIT_TERMINAL_PROMPT: "0", SSH_ASKPASS_REQUIRE: "never", LC_ALL: "C" },
    },
  );
  if (result.exitCode === 0) return result.stdout;
  if (result.exitCode === 127)
    throw new CntnrError("unavailable", "git is not installed (Debian package: git)");
  throw new CntnrError(
    "unavailable",
    `git ${args.find((word) => /^[a-z]/.test(word)) ?? ""}: ${gitReason(result.stderr)}`,
  );
}

/** What git says is at the end, and before it what ssh says, if that is it; advice for people at a terminal is left out. */
function gitReason(stderr: string): string {
  const advice = /^(?:Please make sure you have the correct access rights|and the repository exists\.|)$/;
  const lines = stderr.split("\n").filter((line) => !advice.test(line.trim()));
  return lines.slice(-2).join("; ");
}
