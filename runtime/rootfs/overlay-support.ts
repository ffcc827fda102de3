import { mkdtempSync, readFileSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { currentBootId } from "../container/process-identity.ts";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { IdMappings } from "../userns/id-mappings.ts";

/** Whether an overlay can be mounted and written to whose upper directory is in a directory, and why not. */
export type OverlaySupport =
  | { readonly kind: "supported" }
  | { readonly kind: "refused"; readonly reason: string };

/** statfs(2), f_type: file systems that can be written through an overlay (overlayfs.rst, "Upper and lower"). */
const fitTypes: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xf2f52010, // F2FS
  0x01021994, // tmpfs
]);

/** Others, of which people hear by these names. */
const typeNames: ReadonlyMap<number, string> = new Map([
  [0x794c7630, "an overlay itself"],
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9p"],
  [0x65735546, "FUSE"],
  [0x4d44, "FAT"],
  [0x2011bab0, "exFAT"],
]);

const answerSchema = v.strictObject({ failure: v.nullable(v.string()) });
const supported: OverlaySupport = { kind: "supported" };

/**
 * Of file systems that are known to be fit nothing is asked; of others it is tried, once in the boot's time.
 * @param run the user's state directory (`Directories.run`)
 */
export async function findOverlaySupport(
  directory: string,
  run: string,
  mappings: IdMappings,
): Promise<OverlaySupport> {
  const type = statfsSync(directory).type >>> 0;
  if (fitTypes.has(type)) return supported;
  const answerFile = join(
    run,
    `overlay-${currentBootId().slice(0, 8)}-${type.toString(16)}-${statSync(directory).dev}.json`,
  );
  const { failure } = readAnswer(answerFile) ?? (await makeAnswer(answerFile, directory, mappings));
  if (failure === null) return supported;
  const name = typeNames.get(type);
  const place = name === undefined ? directory : `${directory} is on ${name}`;
  return { kind: "refused", reason: `${place}: no overlay can be mounted there (${failure})` };
}

function readAnswer(path: string): v.InferOutput<typeof answerSchema> | undefined {
  try {
    const parsed = v.safeParse(answerSchema, JSON.parse(readFileSync(path, "utf8")));
    return parsed.success ? parsed.output : undefined;
  } catch (error) {
    if (hasErrno(error, "ENOENT") || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function makeAnswer(
  path: string,
  directory: string,
  mappings: IdMappings,
): Promise<v.InferOutput<typeof answerSchema>> {
  const [{ tryOverlay }, { removeTree }] = await Promise.all([
    import("./try-overlay.ts"),
    import("../userns/remove-tree.ts"),
  ]);
  const scratch = mkdtempSync(join(directory, "try-"));
  try {
    const answer = { failure: (await tryOverlay(scratch, mappings)) ?? null };
    // Whoever reads it while it is written, or cut off, makes it anew.
    writeFileSync(path, JSON.stringify(answer), { mode: 0o600 });
    return answer;
  } finally {
    await removeTree(scratch, mappings);
  }
}
