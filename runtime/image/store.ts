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
  options: PullOptions,
): Promise<LocalImage> {
  const { transport } = isId(name) ? { transport: "plain" } : parseImageReference(name);
  const isOfRegistry = transport === "plain" || transport === "docker";
  if (pullPolicy === "never" || (pullPolicy === "missing" && isOfRegistry)) {
    const local = resolveImage(directories, name, options.mappings);
    if (local) return local;
    const prepared = await prepareFromStore(directories, name, options);
    if (prepared) return prepared;
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
