import { CntnrError } from "../errors/cntnr-error.ts";
import { completeLayers } from "../layer/complete-layers.ts";
import {
  type LayerBlob,
  type UnpackOptions,
  type UnpackRemarks,
  unpackLayers,
} from "../layer/unpack-layers.ts";
import type { Directories } from "../store/directories.ts";
import { type LayerRecord, layerName, readLayer } from "../store/layers.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { readDocument, verifyBlob } from "./blobs.ts";
import { blobPath, hexOf } from "./digest.ts";
import type { LocalImage } from "./local-image.ts";
import {
  type Descriptor,
  type Manifest,
  type ParsedConfig,
  parseConfig,
  parseManifest,
} from "./oci-documents.ts";
import { localImage, type PreparedImage, writePrepared } from "./prepared-image.ts";
import type { ProgressListener } from "./progress.ts";

export interface PrepareOptions {
  readonly mappings: IdMappings;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

/** Which blobs are read to see whether they are whole: all, or those that have to be read anyhow. */
export type Verification = "all-blobs" | "unpacked-blobs";

/**
 * Makes an image of the store ready to run: checks its documents and layers against their digests and unpacks what is
 * not unpacked. Throws DamagedBlobError for a blob that is not what its digest says.
 */
export async function prepareImage(
  directories: Directories,
  name: string,
  descriptor: Descriptor,
  verification: Verification,
  options: PrepareOptions,
): Promise<LocalImage> {
  const manifest = parseManifest(readDocument(directories, descriptor), descriptor);
  const parsed = parseConfig(readDocument(directories, manifest.config), manifest.config.digest);
  checkRunnable(descriptor, manifest, parsed);
  if (verification === "all-blobs") await verifyUnpacked(directories, manifest, parsed, options);
  const blobs = blobsOf(directories, manifest, parsed);
  const unpackOptions: UnpackOptions = {
    mappings: options.mappings,
    ...(options.signal ? { signal: options.signal } : {}),
    onProgress: (blob, doneBytes) => {
      const layer = blobs.get(blob);
      if (layer)
        options.onProgress?.({ kind: "unpacking", layer: layer.digest, doneBytes, totalBytes: layer.size });
    },
  };
  const { records, remarks } = await unpackLayers(directories, [...blobs.keys()], unpackOptions);
  for (const text of describeRemarks(remarks)) options.onProgress?.({ kind: "remark", text });
  const visible = visibleLayers(records);
  const completing = await completeLayers(
    directories,
    layerName(hexOf(descriptor.digest), options.mappings),
    visible,
    unpackOptions,
  );
  if (completing) visible.push(completing);
  const prepared: PreparedImage = {
    id: manifest.config.digest,
    config: parsed.config,
    links: visible.map(({ link }) => link),
    contentBytes: visible.reduce((sum, { contentBytes }) => sum + contentBytes, 0),
  };
  writePrepared(directories, descriptor.digest, options.mappings, prepared);
  return localImage(directories, name, descriptor.digest, prepared);
}

function checkRunnable(descriptor: Descriptor, manifest: Manifest, { config, diffIds }: ParsedConfig): void {
  const where = `image ${descriptor.digest}`;
  if (config.os !== "linux")
    throw new CntnrError("unsupported", `${where} is for ${config.os || "an unnamed system"}, not for Linux`);
  if (diffIds.length !== manifest.layers.length)
    throw new CntnrError(
      "corrupt",
      `${where} has ${manifest.layers.length} layers, but its configuration names ${diffIds.length}`,
    );
}

function blobsOf(
  directories: Directories,
  manifest: Manifest,
  { diffIds }: ParsedConfig,
): Map<LayerBlob, Descriptor> {
  const blobs = new Map<LayerBlob, Descriptor>();
  manifest.layers.forEach((layer, index) => {
    const diffId = diffIds[index];
    if (!diffId) return;
    const blob: LayerBlob = {
      path: blobPath(directories, layer.digest),
      sha256: hexOf(layer.digest),
      sizeBytes: layer.size,
      diffSha256: diffId.slice("sha256:".length),
    };
    blobs.set(blob, layer);
  });
  return blobs;
}

/** Layers that are unpacked already are not read again, so their blobs are looked at here. */
async function verifyUnpacked(
  directories: Directories,
  manifest: Manifest,
  { diffIds }: ParsedConfig,
  options: PrepareOptions,
): Promise<void> {
  for (const [index, layer] of manifest.layers.entries()) {
    const name = layerName((diffIds[index] ?? "").slice("sha256:".length), options.mappings);
    if (!readLayer(directories, name)) continue;
    options.onProgress?.({ kind: "verifying", digest: layer.digest });
    await verifyBlob(directories, layer, options.signal);
  }
}

/**
 * The layers that an overlay is made of. A layer whose root is opaque hides those below it; of one that stands in the
 * image twice the upper one shows all that the lower one would, and an overlay takes no directory twice.
 */
export function visibleLayers(records: readonly LayerRecord[]): LayerRecord[] {
  const lowest = records.findLastIndex(({ isRootOpaque }) => isRootOpaque);
  const shown = records.slice(Math.max(lowest, 0));
  return shown.filter((record, index) => !shown.slice(index + 1).some(({ link }) => link === record.link));
}

function describeRemarks(remarks: UnpackRemarks): string[] {
  const texts: string[] = [];
  if (remarks.unmappedOwners > 0)
    texts.push(
      `${remarks.unmappedOwners} files belong to ids beyond your sub-ids (/etc/subuid, /etc/subgid): they are root's in the container`,
    );
  return texts;
}
