import { rmSync } from "node:fs";
import { CntnrError } from "../errors/cntnr-error.ts";
import { DamagedBlobError } from "../layer/damaged-blob-error.ts";
import type { Directories } from "../store/directories.ts";
import { removeLeftovers } from "../store/remove-leftovers.ts";
import { lockStore } from "../store/store-lock.ts";
import { newKey } from "../store/temporary.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { isBlobWhole } from "./blobs.ts";
import { blobPath, digestOfHex } from "./digest.ts";
import { findImage } from "./find-image.ts";
import { noteImage } from "./image-events.ts";
import { makeLayout, nameImage } from "./layout.ts";
import type { LocalImage } from "./local-image.ts";
import type { Descriptor } from "./oci-documents.ts";
import { type PrepareOptions, prepareImage } from "./prepare-image.ts";
import { type ImageReference, parseImageReference, sourceShown } from "./reference.ts";
import { type CopyOptions, copyIntoStore, listArchiveNames } from "./skopeo.ts";
import type { Platform } from "./wanted-platform.ts";

export interface PullOptions extends CopyOptions {
  /** Default: the user's (loadIdMappings). */
  readonly mappings?: PrepareOptions["mappings"];
}

/**
 * Copies an image into the store, checks every byte of it, unpacks its layers and names it. Until the last step nothing
 * refers to what was copied, so a pull that is killed leaves the store as it was, and garbage that goes later.
 * Throws CntnrError.
 */
export async function pullImage(
  directories: Directories,
  text: string,
  options: PullOptions,
): Promise<LocalImage> {
  const reference = await completeReference(parseImageReference(text), options);
  const image = await pullReference(directories, reference, options);
  noteImage(directories, "pull", image.name, image.name);
  return image;
}

/** The same for a reference that somebody has made, with a name of his choice. */
export async function pullReference(
  directories: Directories,
  reference: ImageReference,
  options: PullOptions,
): Promise<LocalImage> {
  const mappings = options.mappings ?? loadIdMappings();
  using _ = await lockStore(directories, "shared", options);
  makeLayout(directories);
  await removeLeftovers(directories, mappings);
  const [descriptor, image] = await repairing(directories, options, async () => {
    const copied = await copyStaged(directories, reference, options, mappings);
    const prepared = await prepareImage(directories, reference.name, copied, "all-blobs", {
      ...options,
      mappings,
    });
    if (options.platform) checkPlatform(reference, prepared, options.platform);
    return [copied, prepared] as const;
  });
  await nameImage(directories, reference.name, descriptor);
  return image;
}

/**
 * Makes an image ready to run whose blobs are all in the store, without asking anybody for it. Undefined when it is not
 * in the index, or a blob is missing or damaged: then it has to be pulled.
 */
export async function prepareStoredImage(
  directories: Directories,
  text: string,
  options: PullOptions,
): Promise<LocalImage | undefined> {
  const mappings = options.mappings ?? loadIdMappings();
  using _ = await lockStore(directories, "shared", options);
  const found = findImage(directories, text);
  if (!found) return undefined;
  await removeLeftovers(directories, mappings);
  try {
    return await prepareImage(directories, found.name, found.manifest, "unpacked-blobs", {
      ...options,
      mappings,
    });
  } catch (error) {
    if (error instanceof DamagedBlobError) return undefined;
    throw error;
  }
}

/** A docker-archive without a name after its path: the name that its one image has in it. */
async function completeReference(reference: ImageReference, options: CopyOptions): Promise<ImageReference> {
  const hasInnerName = /^docker-archive:[^:]*:/.test(reference.source);
  if (reference.transport !== "docker-archive" || hasInnerName) return reference;
  const names = await listArchiveNames(reference, options);
  const [name] = names;
  if (name === undefined) return reference;
  if (names.length > 1)
    throw new CntnrError(
      "usage",
      `${reference.source} has ${names.length} images: say which, as in ${reference.source}:${name}`,
    );
  return parseImageReference(`${reference.source}:${name}`);
}

/** An image that is not one of several is copied whatever platform is asked for. */
function checkPlatform(
  reference: ImageReference,
  { config }: LocalImage,
  { os, architecture }: Platform,
): void {
  if (config.os === os && config.architecture === architecture) return;
  throw new CntnrError(
    "not-found",
    `${sourceShown(reference)} is for ${config.os}/${config.architecture} only, not for ${os}/${architecture}`,
  );
}

async function copyStaged(
  directories: Directories,
  reference: ImageReference,
  options: CopyOptions,
  mappings: PrepareOptions["mappings"],
): Promise<Descriptor> {
  using key = await newKey(directories, "pull");
  try {
    return await copyIntoStore(directories, reference, key.makeDirectory(), options);
  } finally {
    await key.clear(mappings);
  }
}

/**
 * Does `attempt` again after a damaged blob was removed: skopeo takes a blob that is there for granted, so what a crash
 * or a bad disk left would stay for ever. A blob that is damaged a second time comes so from its source.
 */
async function repairing<T>(
  directories: Directories,
  options: CopyOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  const removed = new Set<string>();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof DamagedBlobError) || removed.has(error.sha256)) throw error;
      removed.add(error.sha256);
      const digest = digestOfHex(error.sha256);
      // Then it is its new manifest that lies, about the size, and other images need it as it is.
      if (await isBlobWhole(directories, digest, options.signal)) throw error;
      options.onProgress?.({ kind: "repairing", digest });
      rmSync(blobPath(directories, digest), { force: true });
    }
  }
}
