import { statSync } from "node:fs";
import { join } from "node:path";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { completeLayers, copyLayersDirectories } from "../layer/complete-layers.ts";
import { additionalStores } from "../store/additional-stores.ts";
import type { Directories } from "../store/directories.ts";
import { type LayerRecord, layerName, readLayersOf } from "../store/layers.ts";
import { lockStore } from "../store/store-lock.ts";
import { newKey } from "../store/temporary.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { readImageDocuments } from "./add-image.ts";
import { hexOf } from "./digest.ts";
import { findImage, type IndexedImage } from "./find-image.ts";
import { makeLayout } from "./layout.ts";
import type { LocalImage } from "./local-image.ts";
import { parseConfig } from "./oci-documents.ts";
import { type PrepareOptions, visibleLayers } from "./prepare-image.ts";
import { localImage, noteUse, readPrepared, writePrepared } from "./prepared-image.ts";
import type { PullOptions } from "./pull-image.ts";
import { singleTag, writeSingleLayout } from "./single-layout.ts";

/** An image, and the store that it is in. */
export interface StoredImage {
  readonly store: Directories;
  readonly image: IndexedImage;
}

/** Finds an image in our own store, else in one that we only read. Throws CntnrError `not-found`. */
export function locateImage(own: Directories, text: string): StoredImage {
  const image = findImage(own, text);
  const found = image ? { store: own, image } : findShared(own, text);
  if (found) return found;
  throw new CntnrError("not-found", `there is no image ${text} in the store`);
}

/** The error for an image that is not in our own store, and should be changed. */
export function noOwnImage(own: Directories, text: string): CntnrError {
  const shared = findShared(own, text);
  if (!shared) return new CntnrError("not-found", `there is no image ${text} in the store`);
  return new CntnrError(
    "not-permitted",
    `image ${text} is in the additional store ${shared.store.data}, which is only read`,
  );
}

/** Looks for an image in the additional stores, in their order. A store that cannot be read is an error: it is configured. */
export function findShared(own: Directories, text: string): StoredImage | undefined {
  for (const store of additionalStores(own)) {
    const image = findReadable(store, text);
    if (image) return { store, image };
  }
  return undefined;
}

function findReadable(store: Directories, text: string): IndexedImage | undefined {
  try {
    return findImage(store, text);
  } catch (error) {
    if (hasErrno(error, "EACCES"))
      throw new CntnrError("not-permitted", `the additional store ${store.data} may not be read by you`, {
        cause: error,
      });
    throw error;
  }
}

/** The image with its layers where they are, if it was made ready before. */
export function resolveShared(
  own: Directories,
  { image }: StoredImage,
  mappings: IdMappings,
): LocalImage | undefined {
  const prepared = readPrepared(own, image.manifest.digest, mappings);
  if (prepared) noteUse(own, image.manifest.digest, mappings);
  return prepared && localImage(own, image.name, image.manifest.digest, prepared);
}

/**
 * Makes an image of an additional store ready to run, its layers used in place. Where they were unpacked for somebody else, our
 * own store gets a layer with the directories alone. Undefined where the layers are not all unpacked there. Throws CntnrError.
 */
export async function prepareShared(
  own: Directories,
  shared: StoredImage,
  options: PrepareOptions,
): Promise<LocalImage | undefined> {
  const { store, image } = shared;
  const { manifest, config } = readImageDocuments(store, image.manifest);
  const found = config.rootfs.diff_ids.map((diffId) =>
    findUnpacked(store, diffId.slice("sha256:".length), options.mappings),
  );
  const layers = found.flatMap((layer) => layer ?? []);
  if (layers.length < found.length) return undefined;
  using _ = await lockStore(own, "shared", options);
  makeLayout(own);
  const name = layerName(hexOf(image.manifest.digest), options.mappings);
  const visible = visibleLayers(layers.map(({ record }) => record));
  const addTop = layers.every(({ isOurs }) => isOurs) ? completeLayers : copyLayersDirectories;
  const { mappings, signal } = options;
  const top = await addTop(own, name, visible, { mappings, ...(signal ? { signal } : {}) });
  if (top) visible.push(top);
  const prepared = {
    id: manifest.config.digest,
    config: parseConfig(JSON.stringify(config), manifest.config.digest).config,
    links: visible.map(({ link }) => link),
    contentBytes: visible.reduce((sum, { contentBytes }) => sum + contentBytes, 0),
  };
  writePrepared(own, image.manifest.digest, options.mappings, prepared);
  return localImage(own, image.name, image.manifest.digest, prepared);
}

interface UnpackedLayer {
  /** With the path of its link. */
  readonly record: LayerRecord;
  /** Its files have the owners that our own unpacking would give them. */
  readonly isOurs: boolean;
}

/** A layer as it was unpacked for our mappings by ourselves, else for anybody's. */
function findUnpacked(
  store: Directories,
  hexDigest: string,
  mappings: IdMappings,
): UnpackedLayer | undefined {
  const layers = readLayersOf(store, hexDigest).map(({ name, record }) => {
    const link = join(store.layerLinks, record.link);
    const isOurs = name === layerName(hexDigest, mappings) && statSync(link).uid === process.getuid?.();
    return { record: { ...record, link }, isOurs };
  });
  return layers.find(({ isOurs }) => isOurs) ?? layers[0];
}

/**
 * Copies an image of an additional store into our own, ready to run: images that are based on it need its blobs.
 * @param name that it gets, in full; default: the one that it was found by
 */
export async function copyShared(
  own: Directories,
  { store, image }: StoredImage,
  options: PullOptions,
  name: string = image.name,
): Promise<LocalImage> {
  const { pullReference } = await import("./pull-image.ts");
  using key = await newKey(own, "pull");
  try {
    const layout = key.makeDirectory();
    writeSingleLayout(layout, image.manifest, join(store.images, "blobs"));
    const source = `oci:${layout}:${singleTag}`;
    return await pullReference(own, { transport: "oci", source, registry: "", name }, options);
  } finally {
    await key.clear(options.mappings ?? loadIdMappings());
  }
}

/** An image of our own store, copied there from an additional one if need be: what is based on it needs its blobs. */
export async function ownImage(
  own: Directories,
  text: string,
  options: PullOptions,
): Promise<IndexedImage | undefined> {
  const found = findImage(own, text);
  if (found) return found;
  const shared = findShared(own, text);
  if (!shared) return undefined;
  await copyShared(own, shared, options);
  return findImage(own, text);
}
