import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { layerLinkPath, layerName, readLayer } from "../store/layers.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { type ImageDocuments, readImageDocuments } from "./add-image.ts";
import { findImage } from "./find-image.ts";
import { readIndex } from "./layout.ts";
import { type Descriptor, entryName, type HistoryEntry } from "./oci-documents.ts";
import { readPrepared } from "./prepared-image.ts";
import { findShared } from "./shared-image.ts";

/** All that the store knows of one image. */
export interface ImageDetails extends ImageDocuments {
  readonly descriptor: Descriptor;
  /** In full. */
  readonly names: readonly string[];
  /** For each of its layers: sizes of the files, or of the blob where it is not unpacked. */
  readonly layerBytes: readonly number[];
  /** Paths of the unpacked layers, lowest first; none when the image is not ready to run. */
  readonly unpacked: readonly string[];
}

/** Looks an image up by name or id. Throws CntnrError `not-found`, and `corrupt` where its documents are damaged. */
export function imageDetails(
  directories: Directories,
  text: string,
  mappings: IdMappings = loadIdMappings(),
): ImageDetails {
  const own = findImage(directories, text);
  const shared = own ? undefined : findShared(directories, text);
  const descriptor = own?.manifest ?? shared?.image.manifest;
  if (!descriptor) throw new CntnrError("not-found", `there is no image ${text} in the store`);
  const store = shared?.store ?? directories;
  const documents = readImageDocuments(store, descriptor);
  const names = readIndex(store)
    .manifests.filter((entry) => entry.digest === descriptor.digest)
    .map(entryName)
    .filter((name) => name !== "");
  const layerBytes = documents.manifest.layers.map(({ size }, index) => {
    const hex = documents.config.rootfs.diff_ids[index]?.slice("sha256:".length) ?? "";
    return readLayer(store, layerName(hex, mappings))?.contentBytes ?? size;
  });
  const links = readPrepared(directories, descriptor.digest, mappings)?.links ?? [];
  const unpacked = links.map((link) => layerLinkPath(directories, link));
  return { ...documents, descriptor, names, layerBytes, unpacked };
}

/** One step of an image's history, with the size of the layer that it made. */
export interface HistoryStep {
  readonly entry: HistoryEntry;
  readonly sizeBytes: number;
}

/** How an image came to be, the last step first. Layers without history come as steps that say nothing. */
export function historyOf({ config, layerBytes }: ImageDetails): HistoryStep[] {
  const sizes = [...layerBytes];
  const steps = (config.history ?? []).map((entry) => ({
    entry,
    sizeBytes: entry.empty_layer === true ? 0 : (sizes.shift() ?? 0),
  }));
  return [...steps, ...sizes.map((sizeBytes) => ({ entry: {}, sizeBytes }))].reverse();
}
