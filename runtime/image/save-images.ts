import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { BrokenOutput } from "../attach/own-streams.ts";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { TarEntry } from "../layer/tar-entry.ts";
import { endOfArchive, formatEntry, paddingAfter } from "../layer/tar-writer.ts";
import type { Directories } from "../store/directories.ts";
import { writeOutputFile } from "../store/output-file.ts";
import { lockStore } from "../store/store-lock.ts";
import { type ImageDocuments, readImageDocuments } from "./add-image.ts";
import { damaged } from "./blobs.ts";
import { blobPath, hexOf } from "./digest.ts";
import type { IndexedImage } from "./find-image.ts";
import { noteImage } from "./image-events.ts";
import { type Descriptor, mediaType, nameAnnotation } from "./oci-documents.ts";
import { familiarName } from "./reference.ts";
import type { StoredImage } from "./shared-image.ts";

/** `docker-archive` is one that docker, podman and skopeo read, and an OCI archive at the same time, as docker's own since 25. */
export type ArchiveFormat = "docker-archive" | "oci-archive";

const chunkBytes = 1024 * 1024;

export interface SaveOptions {
  readonly signal?: AbortSignal;
}

/**
 * Writes images to a descriptor as a tar archive: blobs as they are, each once, checked on the way. The
 * same images give the same bytes. Throws CntnrError; what was written then is no whole archive.
 */
export async function saveImages(
  directories: Directories,
  stored: readonly StoredImage[],
  fd: number,
  format: ArchiveFormat,
  { signal }: SaveOptions = {},
): Promise<void> {
  using _ = await lockStore(directories, "shared", signal ? { signal } : {});
  const images = stored.map(({ image }) => image);
  const documents = stored.map(({ store, image }) => readImageDocuments(store, image.manifest));
  const archive = new ArchiveFile(fd);
  archive.directory("blobs");
  archive.directory("blobs/sha256");
  const blobs = new Map<string, { readonly store: Directories; readonly blob: Descriptor }>();
  stored.forEach(({ store, image: { manifest } }, index) => {
    const { config, layers } = documents[index]?.manifest ?? { config: manifest, layers: [] };
    for (const blob of [manifest, config, ...layers]) blobs.set(blob.digest, { store, blob });
  });
  const inOrder = [...blobs.values()].sort((a, b) => (a.blob.digest < b.blob.digest ? -1 : 1));
  for (const { store, blob } of inOrder) {
    archive.blob(store, blob);
    // Nothing is heard while one is written.
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
  archive.text("index.json", JSON.stringify(indexOf(images)));
  if (format === "docker-archive")
    archive.text("manifest.json", JSON.stringify(dockerManifestOf(images, documents)));
  archive.text("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  archive.end();
  images.forEach(({ name }, index) => {
    const id = documents[index]?.manifest.config.digest;
    if (id !== undefined) noteImage(directories, "save", id, name);
  });
}

/** The same into a file, which appears when it is whole. */
export async function saveImagesTo(
  directories: Directories,
  images: readonly StoredImage[],
  path: string,
  format: ArchiveFormat,
  options: SaveOptions = {},
): Promise<void> {
  await writeOutputFile(path, (fd) => saveImages(directories, images, fd, format, options));
}

function indexOf(images: readonly IndexedImage[]): object {
  const manifests = images.map(({ name, manifest: { mediaType: type, digest, size } }) => {
    const annotations = { [nameAnnotation]: name, "io.containerd.image.name": name };
    return { mediaType: type, digest, size, ...(name === "" ? {} : { annotations }) };
  });
  return { schemaVersion: 2, mediaType: mediaType.index, manifests };
}

/** docker's image specification 1.2, "Combined Image JSON + Filesystem Changeset Format": an image with all its names. */
function dockerManifestOf(images: readonly IndexedImage[], documents: readonly ImageDocuments[]): object[] {
  const byDigest = Map.groupBy(images.keys(), (index) => images[index]?.manifest.digest);
  return [...byDigest.values()].map((indexes) => {
    const [first = 0] = indexes;
    const names = indexes.map((index) => images[index]?.name ?? "").filter((name) => name !== "");
    const { config, layers } = documents[first]?.manifest ?? { config: undefined, layers: [] };
    return {
      Config: config && pathOf(config),
      RepoTags: names.length === 0 ? null : names.map(familiarName),
      Layers: layers.map(pathOf),
    };
  });
}

function pathOf({ digest }: Descriptor): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

const base = { uid: 0, gid: 0, modified: { seconds: 0, nanoseconds: 0 }, attributes: new Map() };

class ArchiveFile {
  readonly #fd: number;
  readonly #chunk = Buffer.allocUnsafeSlow(chunkBytes);

  constructor(fd: number) {
    this.#fd = fd;
  }

  directory(path: string): void {
    this.#header({ ...base, path, mode: 0o755, type: "directory" });
  }

  text(path: string, text: string): void {
    const bytes = Buffer.from(text);
    this.#header({ ...base, path, mode: 0o644, type: "file", sizeBytes: bytes.length, isSparse: false });
    this.#write(bytes);
    this.#write(paddingAfter(bytes.length));
  }

  blob(directories: Directories, blob: Descriptor): void {
    const fd = openSync(blobPath(directories, blob.digest), "r");
    try {
      if (fstatSync(fd).size !== blob.size) throw damaged(blob);
      this.#header({
        ...base,
        path: pathOf(blob),
        mode: 0o644,
        type: "file",
        sizeBytes: blob.size,
        isSparse: false,
      });
      const hash = createHash("sha256");
      for (let done = 0; done < blob.size; ) {
        const bytes = readSync(fd, this.#chunk, 0, Math.min(chunkBytes, blob.size - done), done);
        if (bytes === 0) throw damaged(blob);
        const part = this.#chunk.subarray(0, bytes);
        hash.update(part);
        this.#write(part);
        done += bytes;
      }
      if (hash.digest("hex") !== hexOf(blob.digest)) throw damaged(blob);
      this.#write(paddingAfter(blob.size));
    } finally {
      closeSync(fd);
    }
  }

  end(): void {
    this.#write(endOfArchive);
  }

  #header(entry: TarEntry): void {
    this.#write(formatEntry(entry));
  }

  #write(bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
    } catch (error) {
      if (hasErrno(error, "EPIPE")) throw new BrokenOutput();
      throw error;
    }
  }
}
