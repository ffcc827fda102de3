import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { Compression } from "../layer/compression.ts";
import type { PackedArchive, TreeFate } from "../layer/pack-layer.ts";
import type { OwnerSource } from "../layer/tree-entry.ts";
import type { UpperTree } from "../layer/upper-tree.ts";
import { type PackRequest, packInWorker } from "../layer/worker-process.ts";
import type { Directories } from "../store/directories.ts";
import { layerName, publishLayer, readLayer } from "../store/layers.ts";
import { syncDirectory } from "../store/replace-file.ts";
import { shareLikeStore } from "../store/sharing.ts";
import { syncFileSystem } from "../store/sync-file-system.ts";
import { newKey, takeKey } from "../store/temporary.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { blobPath, diffIdOfHex, digestOfHex } from "./digest.ts";
import { makeLayout } from "./layout.ts";
import type { DiffId } from "./local-image.ts";
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

/**
 * Makes a layer of an upper tree, and the tree itself the unpacked layer: it needs not be unpacked, and is used up. Nothing
 * may have it mounted or open. The caller holds the store's shared lock (lockStore) from before this call until an image
 * refers to the layer. Throws CntnrError.
 * @param packer packs the tree; whoever has a process in it already need not start one more
 */
export async function commitUpper(
  directories: Directories,
  upper: UpperTree,
  options: Omit<CommitOptions, "owner">,
  packer: Packer = packInWorker,
): Promise<NewLayer> {
  return withBlobFile(directories, async (blob) => {
    const packed = await packer(packRequest(upper.path, "adopt", upper.lockFd, blob, options));
    await syncFileSystem(directories.tmp, options.signal);
    const layer = keepBlob(directories, blob, packed, options);
    await adopt(directories, upper, packed, options);
    return layer;
  });
}

/** Makes a layer of any directory, for example of a container's upper one. The directory stays as it is. As {@link commitUpper}. */
export async function commitDirectory(
  directories: Directories,
  path: string,
  options: CommitOptions,
): Promise<NewLayer> {
  return withBlobFile(directories, async (blob) => {
    const packed = await packInWorker(packRequest(path, "keep", blob.lockFd, blob, options));
    fsyncSync(blob.fd);
    return keepBlob(directories, blob, packed, options);
  });
}

/** Packs a tree into a file as asked, and makes it the same as the archive (TreeFate). */
export type Packer = (request: PackRequest) => Promise<PackedArchive>;

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

function packRequest(
  target: string,
  fate: TreeFate,
  lockFd: number,
  blob: BlobFile,
  options: CommitOptions,
): PackRequest {
  const { owner, mappings } = options;
  const owners: OwnerSource = owner
    ? { kind: "fixed", ...owner }
    : { kind: mappings.subordinate ? "files" : "recorded" };
  return {
    target,
    mappings,
    lockFd,
    blobFd: blob.fd,
    lowers: options.lowers,
    job: {
      owners,
      fate,
      latestSeconds: options.latestSeconds ?? null,
      mountPoints: (options.mountPoints ?? []).map(cleanMountPoint).filter((path) => path !== ""),
      compression: options.compression ?? "gzip",
    },
    ...(options.signal ? { signal: options.signal } : {}),
  };
}

/** A mount's destination as a path of archives: bytes, relative. */
function cleanMountPoint(path: string): string {
  const components = path.split("/").filter((component) => component !== "" && component !== ".");
  return Buffer.from(components.join("/")).toString("latin1");
}

/** Gives a blob its name. One that is there already has the same bytes, or is damaged. */
function keepBlob(
  directories: Directories,
  blob: BlobFile,
  packed: PackedArchive,
  options: CommitOptions,
): NewLayer {
  const digest = digestOfHex(packed.blobSha256);
  const destination = blobPath(directories, digest);
  renameSync(blob.path, destination);
  shareLikeStore(directories, destination);
  syncDirectory(dirname(destination));
  return {
    descriptor: {
      mediaType: layerMediaTypes[options.compression ?? "gzip"],
      digest,
      size: packed.blobBytes,
    },
    diffId: diffIdOfHex(packed.archiveSha256),
    entries: packed.entries,
    contentBytes: packed.contentBytes,
    remarks: describeRemarks(packed),
  };
}

/** The tree is durable by now: a layer that has its name is taken to be whole. */
async function adopt(
  directories: Directories,
  upper: UpperTree,
  packed: PackedArchive,
  options: CommitOptions,
): Promise<void> {
  const name = layerName(packed.archiveSha256, options.mappings);
  using _ = await takeKey(directories, "layer", name, options.signal ? { signal: options.signal } : {});
  if (readLayer(directories, name)) return;
  publishLayer(directories, name, upper.holder, {
    contentBytes: packed.contentBytes,
    impliedDirectories: packed.isRootImplied ? [""] : [],
    isRootOpaque: false,
  });
  syncDirectory(directories.layerLinks);
  syncDirectory(directories.layers);
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
