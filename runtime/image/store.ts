import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { findImage, isId } from "./find-image.ts";
import type { LocalImage } from "./local-image.ts";
import { localImage, noteUse, readPrepared } from "./prepared-image.ts";
import type { PullOptions } from "./pull-image.ts";
import { parseImageReference } from "./reference.ts";

/** When a registry is asked: if the image is not in the store, in any case, or not at all. */
export type PullPolicy = "missing" | "always" | "never";

/** Whether an image of an additional store is used where it is, or copied into the user's own, as what is based on it needs. */
export type SharedUse = "in-place" | "copied";

export interface EnsureOptions extends PullOptions {
  /** Default `copied`. */
  readonly sharedUse?: SharedUse;
}

/**
 * The image that `name` (or the start of an id) stands for, if it is in the store and ready to run. Two small files are
 * read and nothing is locked: whoever goes on to use its layers holds the store's shared lock (lockStore) from before this
 * call until his container's record says so.
 */
export function resolveImage(
  directories: Directories,
  name: string,
  mappings: IdMappings = loadIdMappings(),
): LocalImage | undefined {
  const found = findImage(directories, name);
  if (!found) return undefined;
  const prepared = readPrepared(directories, found.manifest.digest, mappings);
  if (prepared) noteUse(directories, found.manifest.digest, mappings);
  return prepared && localImage(directories, found.name, found.manifest.digest, prepared);
}

/**
 * The image that `name` stands for, ready to run: from the store, or pulled as `pullPolicy` says. Files and directories
 * (`oci:` and the like) are looked at anew each time, unless the policy is `never`; that costs little, as blobs that the store
 * has are not copied again. Throws CntnrError `not-found` and what pulling can throw.
 */
export async function ensureImage(
  directories: Directories,
  name: string,
  pullPolicy: PullPolicy,
  options: EnsureOptions,
): Promise<LocalImage> {
  const { transport } = isId(name) ? { transport: "plain" } : parseImageReference(name);
  const isOfRegistry = transport === "plain" || transport === "docker";
  if (pullPolicy === "never" || (pullPolicy === "missing" && isOfRegistry)) {
    const local = resolveImage(directories, name, options.mappings);
    if (local) return local;
    const prepared = await prepareFromStore(directories, name, options);
    if (prepared) return prepared;
    const shared = await ensureShared(directories, name, options);
    if (shared) return shared;
  }
  if (pullPolicy === "never" || isId(name))
    throw new CntnrError(
      "not-found",
      `there is no image ${name} in the store${isId(name) ? "" : `: \`cntnr image pull ${name}\` fetches it`}`,
    );
  const { pullImage } = await import("./pull-image.ts");
  return pullImage(directories, name, options);
}

/**
 * An image that is in the index, but not unpacked for this user's mappings: they have changed, or another program
 * has put it there. Undefined when it is not there, or not whole.
 */
async function prepareFromStore(
  directories: Directories,
  name: string,
  options: PullOptions,
): Promise<LocalImage | undefined> {
  if (!findImage(directories, name)) return undefined;
  const { prepareStoredImage } = await import("./pull-image.ts");
  return prepareStoredImage(directories, name, options);
}

/** An image of an additional store, made ready; copied where it cannot be used where it is. */
async function ensureShared(
  directories: Directories,
  name: string,
  options: EnsureOptions,
): Promise<LocalImage | undefined> {
  const { findShared, prepareShared, copyShared, resolveShared } = await import("./shared-image.ts");
  const shared = findShared(directories, name);
  if (!shared) return undefined;
  const mappings = options.mappings ?? loadIdMappings();
  if (options.sharedUse === "in-place") {
    const inPlace =
      resolveShared(directories, shared, mappings) ??
      (await prepareShared(directories, shared, { ...options, mappings }));
    if (inPlace) return inPlace;
  }
  return copyShared(directories, shared, options);
}
