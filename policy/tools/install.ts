import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { compilePolicy } from "../grammar/compile.ts";
import type { ResolveNames } from "../grammar/subject.ts";
import { isPolicyFileName, readTrustedSources } from "../load.ts";
import type { Policy } from "../policy.ts";
import { readDraft, TrustError } from "../trusted-file.ts";

export interface Installation {
  /** The file to take over; its base name is the name that it gets. */
  readonly file: string;
  /** Where the policy is; root's. */
  readonly directory: string;
  readonly resolveNames: ResolveNames;
  /** Looks at what else the policy needs, before it is put in place. Throws when that is lacking. */
  readonly requireGood: (policy: Policy) => Promise<void>;
}

/**
 * Puts a file into the policy, in place of one of the same name, if the policy is good with it; the service finds
 * the old file or the new one, whole, at any time and after any crash (C3). Returns the policy as it is then.
 * Throws PolicyError, TrustError, and what `requireGood`, reading and writing throw; then nothing has changed.
 */
export async function installPolicy({
  file,
  directory,
  resolveNames,
  requireGood,
}: Installation): Promise<Policy> {
  const name = basename(file);
  if (!isPolicyFileName(name))
    throw new TrustError(file, "must be named by letters, digits, _ and - before .conf");
  const bytes = readDraft(file);
  const others = (await readTrustedSources(directory)).filter((source) => source.file !== name);
  const sources = [...others, { file: name, bytes }].toSorted((a, b) => (a.file < b.file ? -1 : 1));
  const policy = await compilePolicy(sources, resolveNames);
  await requireGood(policy);
  replace(directory, name, bytes);
  return policy;
}

/** The service does not read names that begin with a dot, so a crash before the rename leaves nothing that counts. */
function replace(directory: string, name: string, bytes: Buffer): void {
  const temporary = join(directory, `.${name}.${process.pid}`);
  try {
    const fd = openSync(temporary, "wx", 0o644);
    try {
      // Readable whatever the umask: the half of the service that reads it is not root.
      fchmodSync(fd, 0o644);
      writeFileSync(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, join(directory, name));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  const folder = openSync(directory, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
