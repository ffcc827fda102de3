import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { Compression } from "../layer/compression.ts";
import type { PackedArchive, PackJob, TreeFate } from "../layer/pack-layer.ts";
import type { OwnerSource } from "../layer/tree-entry.ts";
import type { UpperTree } from "../layer/upper-tree.ts";
import { packInWorker } from "../layer/worker-process.ts";
import type { Directories } from "../store/directories.ts";
import type { LayerContent } from "../store/layers.ts";
import { syncDirectory } from "../store/replace-file.ts";
import { shareLikeStore } from "../store/sharing.ts";
import { newKey } from "../store/temporary.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { blobPath, diffIdOfHex, digestOfHex } from "./digest.ts";
import { makeLayout } from "./layout.ts";
import type { DiffId, Digest } from "./local-image.ts";
import { type Descriptor, layerMediaTypes } from "./oci-documents.ts";

export interface CommitOptions {
  readonly mappings: IdMappings;
  /** Paths of the unpacked layers that the tree was made on (LocalImage.layers), lowest first. */
  readonly lowers: readonly string[];
  /** Absolute paths in the container on which something was mounted: what is there only for that is left out. */
  readonly mountPoints?: readonly string[];
  /** Seconds since 1970: younger files are as old as this (SOURCE_DATE_EPOCH). */
  readonly latestSeconds?: number;
  /** Whose the files are, if not the owners that they have. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Default gzip, which everybody can read. */
  readonly compression?: Compression;
  readonly signal?: AbortSignal;
}

/** A layer whose blob is in the store. Only addImage() makes something refer to it. */
export interface NewLayer {
  readonly descriptor: Descriptor;
  readonly diffId: DiffId;
  /** 0 for a layer that changes nothing. */
  readonly entries: number;
  /** Sum of the sizes of all files. */
  readonly contentBytes: number;
  /** What of the tree could not be kept, in words for a person. */
  readonly remarks: readonly string[];
}

/** What is to be packed, and how. */
export interface PackOrder {
  readonly upper: string;
  /** Paths of the unpacked layers below it, lowest first. */
  readonly lowers: readonly string[];
  /** The file to be made, for the layer's blob. */
  readonly blob: string;
  readonly job: PackJob;
}

/** Packs a tree as ordered, and makes it the same as the archive (TreeFate). */
export type Packer = (order: PackOrder) => Promise<PackedArchive>;

/** A layer that was made of an upper tree, and is nowhere yet: {@link LayerDeposit} brings it into the store. */
export interface PackedUpper {
  readonly layer: NewLayer;
  readonly blob: string;
  readonly unpacked: LayerContent;
}

/**
 * Makes a layer of an upper tree, and the tree itself the unpacked layer: it needs not be unpacked. Nothing may have it mounted or
 * open. Throws CntnrError.
 */
export async function packUpper(
  upper: UpperTree,
  options: Omit<CommitOptions, "owner">,
  packer: Packer,
): Promise<PackedUpper> {
  const blob = upper.newBlobPath();
  const job = packJob("adopt", options);
  const packed = await packer({ upper: upper.path, lowers: options.lowers, blob, job });
  return {
    layer: layerOf(packed, options),
    blob,
    unpacked: {
      contentBytes: packed.contentBytes,
      impliedDirectories: packed.isRootImplied ? [""] : [],
      isRootOpaque: false,
      hasOwnMarks: packed.hasOwnMarks,
    },
  };
}

/**
 * Makes a layer of any directory, for example of a container's upper one. The directory stays as it is. The caller holds the
 * store's shared lock (lockStore) from before this call until an image refers to the layer. Throws CntnrError.
 */
export async function commitDirectory(
  directories: Directories,
  path: string,
  options: CommitOptions,
): Promise<NewLayer> {
  return withBlobFile(directories, async (blob) => {
    const { mappings, lowers } = options;
    const packed = await packInWorker({
      target: path,
      mappings,
      lockFd: blob.lockFd,
      blobFd: blob.fd,
      lowers,
      job: packJob("keep", options),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    fsyncSync(blob.fd);
    const layer = layerOf(packed, options);
    keepBlob(directories, blob.path, layer.descriptor.digest);
    syncDirectory(dirname(blobPath(directories, layer.descriptor.digest)));
    return layer;
  });
}

interface BlobFile {
  readonly path: string;
  readonly fd: number;
  readonly lockFd: number;
}

/** A new file in the store's file system, which goes unless it is renamed. */
async function withBlobFile<T>(directories: Directories, use: (blob: BlobFile) => Promise<T>): Promise<T> {
  makeLayout(directories);
  using key = await newKey(directories, "blob");
  const path = key.newPath();
  const fd = openSync(path, "wx", 0o600);
  try {
    return await use({ path, fd, lockFd: key.lockFd });
  } finally {
    closeSync(fd);
    rmSync(path, { force: true });
  }
}

function packJob(fate: TreeFate, options: CommitOptions): PackJob {
  const { owner, mappings } = options;
  const owners: OwnerSource = owner
    ? { kind: "fixed", ...owner }
    : { kind: mappings.subordinate ? "files" : "recorded" };
  return {
    owners,
    fate,
    latestSeconds: options.latestSeconds ?? null,
    mountPoints: (options.mountPoints ?? []).map(cleanMountPoint).filter((path) => path !== ""),
    compression: options.compression ?? "gzip",
  };
}

/** A mount's destination as a path of archives: bytes, relative. */
function cleanMountPoint(path: string): string {
  const components = path.split("/").filter((component) => component !== "" && component !== ".");
  return Buffer.from(components.join("/")).toString("latin1");
}

/** Gives a durable blob its name. One that is there already has the same bytes, or is damaged. */
export function keepBlob(directories: Directories, path: string, digest: Digest): void {
  const destination = blobPath(directories, digest);
  renameSync(path, destination);
  shareLikeStore(directories, destination);
}

function layerOf(packed: PackedArchive, options: CommitOptions): NewLayer {
  return {
    descriptor: {
      mediaType: layerMediaTypes[options.compression ?? "gzip"],
      digest: digestOfHex(packed.blobSha256),
      size: packed.blobBytes,
    },
    diffId: diffIdOfHex(packed.archiveSha256),
    entries: packed.entries,
    contentBytes: packed.contentBytes,
    remarks: describeRemarks(packed),
  };
}

function describeRemarks(packed: PackedArchive): string[] {
  const remarks: string[] = [];
  if (packed.skippedSockets > 0) remarks.push(`${packed.skippedSockets} sockets are not part of the layer`);
  if (packed.droppedAttributes > 0)
    remarks.push(`${packed.droppedAttributes} extended attributes cannot be kept in a layer`);
  if (packed.changedFiles > 0)
    remarks.push(`${packed.changedFiles} files changed while the layer was made: the container was running`);
  return remarks;
}
