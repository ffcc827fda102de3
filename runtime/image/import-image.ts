import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { CntnrError, reasonOf } from "../errors/cntnr-error.ts";
import { ArchiveOutput } from "../layer/archive-output.ts";
import { decompress } from "../layer/decompress.ts";
import { defaultLimits } from "../layer/limits.ts";
import { TarReader } from "../layer/tar-reader.ts";
import { complaintOf, runCommand } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import { syncDirectory } from "../store/replace-file.ts";
import { shareLikeStore } from "../store/sharing.ts";
import { lockStore } from "../store/store-lock.ts";
import { newKey, type TemporaryKey } from "../store/temporary.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { type AddOptions, addImage, type ImageAddition } from "./add-image.ts";
import { commitDirectory, type NewLayer } from "./commit-layer.ts";
import { blobPath, diffIdOfHex, digestOfHex } from "./digest.ts";
import { noteImage } from "./image-events.ts";
import { makeLayout } from "./layout.ts";
import type { LocalImage } from "./local-image.ts";
import { layerMediaTypes } from "./oci-documents.ts";

export interface ImportRequest {
  /** A tar archive, also packed (gzip, zstd, xz, bzip2); a directory; or - for an archive on standard input. */
  readonly source: string;
  /** In full; none for an image without a name. */
  readonly names: readonly string[];
  readonly comment: string | undefined;
  readonly configure: ImageAddition["configure"];
}

const chunkBytes = 1024 * 1024;
const unpackTimeoutMs = 60 * 60_000;

/**
 * Makes an image of one layer out of a root file system, as `docker import` does. Throws CntnrError for what is no tar archive
 * or one that was made to do harm; nothing is added then.
 */
export async function importImage(
  directories: Directories,
  { source, names, comment, configure }: ImportRequest,
  options: AddOptions,
): Promise<LocalImage> {
  using _ = await lockStore(directories, "shared", options);
  const mappings = options.mappings ?? loadIdMappings();
  const isDirectory = source !== "-" && statusOf(source).isDirectory();
  const layer = isDirectory
    ? await commitDirectory(directories, source, { mappings, lowers: [], ...signalOf(options) })
    : await layerOfArchive(directories, source, options);
  for (const text of layer.remarks) options.onProgress?.({ kind: "remark", text });
  const created = new Date().toISOString();
  const history = { created, comment: comment ?? `Imported from ${source}` };
  const image = await addImage(
    directories,
    { steps: [{ history, layer }], configure: (base) => ({ ...configure(base), created }) },
    names,
    { ...options, mappings },
  );
  noteImage(directories, "import", image.id, image.name);
  return image;
}

function statusOf(source: string) {
  try {
    return statSync(source);
  } catch (error) {
    throw new CntnrError("not-found", `${source} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function signalOf({ signal }: AddOptions): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}

/** The archive as a layer: packed anew, so that it has the same digest however it was packed. */
async function layerOfArchive(
  directories: Directories,
  source: string,
  options: AddOptions,
): Promise<NewLayer> {
  makeLayout(directories);
  using key = await newKey(directories, "blob");
  const path = key.newPath();
  const fd = openSync(path, "wx", 0o600);
  try {
    const sums = new Sums();
    const reader = new TarReader(sums, defaultLimits);
    const output = new ArchiveOutput(fd, "gzip");
    using input = await openArchive(source, key, options);
    for await (const chunk of decompress(input.read)) {
      reader.push(chunk);
      output.write(chunk);
      if (output.isAhead) await output.catchUp();
      options.signal?.throwIfAborted();
    }
    reader.end();
    if (sums.entries === 0) throw new CntnrError("corrupt", `${source} is an empty archive`);
    const { archiveSha256, blobSha256, blobBytes } = await output.finish();
    fsyncSync(fd);
    const digest = digestOfHex(blobSha256);
    renameSync(path, blobPath(directories, digest));
    shareLikeStore(directories, blobPath(directories, digest));
    syncDirectory(dirname(blobPath(directories, digest)));
    return {
      descriptor: { mediaType: layerMediaTypes.gzip, digest, size: blobBytes },
      diffId: diffIdOfHex(archiveSha256),
      entries: sums.entries,
      contentBytes: sums.contentBytes,
      remarks: [],
    };
  } finally {
    closeSync(fd);
    rmSync(path, { force: true });
  }
}

interface ArchiveInput extends Disposable {
  readonly read: () => Buffer | undefined;
}

/** An archive's bytes, packed in a way that we know or not at all: others are unpacked by their own programs before. */
async function openArchive(source: string, key: TemporaryKey, options: AddOptions): Promise<ArchiveInput> {
  const fd = source === "-" ? 0 : openSync(source, "r");
  const first = readChunk(fd);
  const program = first && unpackerFor(first);
  if (!program) return inputOf(fd, source !== "-", first);
  if (source === "-")
    throw new CntnrError("unsupported", `standard input is packed with ${program}: use \`${program} -dc |\``);
  closeSync(fd);
  const unpacked = key.newPath();
  const script = 'exec "$0" -dc -- "$1" >"$2"';
  const result = await runCommand("sh", ["-c", script, program, source, unpacked], {
    timeoutMs: unpackTimeoutMs,
    ...signalOf(options),
  });
  if (result.exitCode !== 0)
    throw new CntnrError("corrupt", `${source} cannot be unpacked by ${program}: ${complaintOf(result)}`);
  const input = inputOf(openSync(unpacked, "r"), true, undefined);
  rmSync(unpacked);
  return input;
}

function inputOf(fd: number, isOurs: boolean, first: Buffer | undefined): ArchiveInput {
  let pending = first;
  return {
    read: () => {
      const chunk = pending ?? readChunk(fd);
      pending = undefined;
      return chunk;
    },
    [Symbol.dispose]: () => {
      if (isOurs) closeSync(fd);
    },
  };
}

function readChunk(fd: number): Buffer | undefined {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  const bytes = readSync(fd, chunk, 0, chunkBytes, null);
  return bytes === 0 ? undefined : chunk.subarray(0, bytes);
}

function unpackerFor(start: Buffer): "xz" | "bzip2" | undefined {
  if (start.subarray(0, 6).equals(Buffer.from("\xfd7zXZ\0", "latin1"))) return "xz";
  return start.subarray(0, 3).toString("latin1") === "BZh" ? "bzip2" : undefined;
}

/** What is in an archive, without looking at it any closer: unpacking does that. */
class Sums {
  entries = 0;
  contentBytes = 0;

  entry(entry: { readonly type: string; readonly sizeBytes?: number }): void {
    this.entries++;
    this.contentBytes += entry.sizeBytes ?? 0;
  }

  data(): void {
    // Not needed.
  }

  endOfFile(): void {
    // Not needed.
  }
}
