import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { lockStore } from "../store/store-lock.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { imageArchitecture } from "./architecture.ts";
import { readDocument } from "./blobs.ts";
import type { NewLayer } from "./commit-layer.ts";
import { makeLayout, nameImage } from "./layout.ts";
import type { LocalImage } from "./local-image.ts";
import {
  type ConfigDocument,
  type Descriptor,
  type HistoryEntry,
  type Manifest,
  mediaType,
  parseConfigDocument,
  parseManifest,
} from "./oci-documents.ts";
import { type PrepareOptions, prepareImage } from "./prepare-image.ts";
import { putDocument } from "./put-document.ts";

/** What is added on top of an image, in the order in which it happened: its history, and the layers that made it. */
export interface ImageStep {
  readonly history: HistoryEntry;
  /** None for a step that only changes settings, or nothing. */
  readonly layer?: NewLayer;
}

/** An image to be made. */
export interface ImageAddition {
  /** The manifest of the image that it is made from; without it, from nothing. */
  readonly base?: Descriptor;
  readonly steps: readonly ImageStep[];
  /**
   * The configuration, from the base's or an empty one. `rootfs` and `history` are added afterwards. It should set `created`
   * itself: a time that follows from the inputs makes an image that is the same each time.
   */
  readonly configure: (base: ConfigDocument) => ConfigDocument;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface AddOptions extends Omit<PrepareOptions, "mappings"> {
  readonly mappings?: PrepareOptions["mappings"];
}

/** The documents of an image in the store. */
export interface ImageDocuments {
  readonly manifest: Manifest;
  readonly config: ConfigDocument;
}

/** Reads an image's manifest and configuration, checked against their digests. Throws DamagedBlobError. */
export function readImageDocuments(directories: Directories, image: Descriptor): ImageDocuments {
  const manifest = parseManifest(readDocument(directories, image), image);
  const config = parseConfigDocument(readDocument(directories, manifest.config), manifest.config.digest);
  return { manifest, config };
}

/**
 * Writes the documents of a new image and returns its manifest's descriptor. Nothing refers to it yet: it is for whoever
 * holds the store's shared lock, until {@link addImage} or nameImage().
 */
export function writeImage(directories: Directories, addition: ImageAddition): Descriptor {
  makeLayout(directories);
  const base = addition.base && readImageDocuments(directories, addition.base);
  const configuration = configurationOf(addition, base?.config ?? emptyConfiguration());
  const config = putDocument(directories, mediaType.config, configuration);
  const layers = addition.steps.flatMap(({ layer }) => (layer ? [layer.descriptor] : []));
  return putDocument(directories, mediaType.manifest, {
    schemaVersion: 2,
    mediaType: mediaType.manifest,
    config,
    layers: [...(base?.manifest.layers ?? []), ...layers],
    ...(addition.annotations ? { annotations: addition.annotations } : {}),
  });
}

/**
 * Adds an image to the store under these names (in full, as ImageReference.name; none: it can be had by its id), ready to
 * run. The last step is the one that makes it known: killed before it, we leave only garbage. Throws CntnrError.
 */
export async function addImage(
  directories: Directories,
  addition: ImageAddition,
  names: readonly string[],
  options: AddOptions = {},
): Promise<LocalImage> {
  const mappings = options.mappings ?? loadIdMappings();
  using _ = await lockStore(directories, "shared", options);
  const manifest = writeImage(directories, addition);
  const name = names[0] ?? "";
  const image = await prepareImage(directories, name, manifest, "unpacked-blobs", { ...options, mappings });
  for (const added of names.length === 0 ? [""] : names) await nameImage(directories, added, manifest);
  return image;
}

function configurationOf(addition: ImageAddition, base: ConfigDocument): ConfigDocument {
  const configured = addition.configure(base);
  const { rootfs, history, ...rest } = configured;
  const added = addition.steps.map(({ history: entry, layer }) =>
    layer ? entry : { ...entry, empty_layer: true },
  );
  const diffIds = addition.steps.flatMap(({ layer }) => (layer ? [layer.diffId] : []));
  return {
    ...rest,
    rootfs: { type: "layers", diff_ids: [...base.rootfs.diff_ids, ...diffIds] },
    history: [...completeHistory(base), ...added],
  };
}

/** The base's history; where it has none for its layers, entries that say so, because the specification counts them. */
function completeHistory({ history, rootfs }: ConfigDocument): HistoryEntry[] {
  const entries = history ?? [];
  const withLayers = entries.filter((entry) => entry.empty_layer !== true).length;
  const missing = rootfs.diff_ids.length - withLayers;
  if (missing < 0) throw new CntnrError("corrupt", "the base image's history has more layers than the image");
  return [...Array.from({ length: missing }, () => ({ comment: "without history" })), ...entries];
}

function emptyConfiguration(): ConfigDocument {
  return {
    architecture: imageArchitecture(),
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: [] },
  };
}
