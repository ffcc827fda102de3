import { readdirSync } from "node:fs";
import { join } from "node:path";
import { compilePolicy } from "./grammar/compile.ts";
import type { ResolveNames } from "./grammar/subject.ts";
import type { Policy, PolicySource } from "./policy.ts";
import { readTrustedFile, requireTrustedDirectory, TrustError } from "./trusted-file.ts";

export interface PolicyLocation {
  /** Absolute path; all `*.conf` in it are one policy. */
  readonly directory: string;
  readonly resolveNames: ResolveNames;
}

const mostFiles = 256;
const fileName = /^[A-Za-z0-9_-]+\.conf$/;

/** True for the names that policy files have. */
export function isPolicyFileName(name: string): boolean {
  return fileName.test(name);
}

/**
 * Loads the policy of a directory: every file or nothing (C4, C6).
 * Throws PolicyError, TrustError (C1-C3), and whatever `resolveNames` throws.
 */
export async function loadPolicy({ directory, resolveNames }: PolicyLocation): Promise<Policy> {
  return compilePolicy(await readTrustedSources(directory), resolveNames);
}

/**
 * Reads a directory's policy files, which only root can have written. Names that begin with a dot or do not end in
 * .conf are left alone: editors put such files there. Throws TrustError.
 */
export async function readTrustedSources(directory: string): Promise<PolicySource[]> {
  requireTrustedDirectory(directory);
  const names = policyFiles(directory);
  const sources = await Promise.all(
    names.map(async (file) => ({ file, bytes: await readTrustedFile(join(directory, file)) })),
  );
  if (policyFiles(directory).join("\0") !== names.join("\0"))
    throw new TrustError(directory, "changes while it is read; load the policy again (C3)");
  return sources;
}

/** In byte order, so that messages and the hash are the same everywhere. */
function policyFiles(directory: string): string[] {
  const names = readdirSync(directory, "buffer")
    .sort(Buffer.compare)
    .map((name) => name.toString("latin1"))
    .filter((name) => name.endsWith(".conf") && !name.startsWith("."));
  for (const name of names)
    if (!isPolicyFileName(name))
      throw new TrustError(
        directory,
        `${JSON.stringify(name)} must be letters, digits, _ and - before .conf`,
      );
  if (names.length > mostFiles) throw new TrustError(directory, `has more than ${mostFiles} policy files`);
  return names;
}
