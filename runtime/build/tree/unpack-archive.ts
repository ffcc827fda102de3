import { closeSync, constants, openSync, readSync } from "node:fs";
import { CntnrError } from "../../errors/cntnr-error.ts";
import { decompress } from "../../layer/decompress.ts";
import { LayerWriter } from "../../layer/layer-writer.ts";
import { defaultLimits } from "../../layer/limits.ts";
import type { TarEntry, TarVisitor } from "../../layer/tar-entry.ts";
import { TarReader } from "../../layer/tar-reader.ts";
import { checkSize } from "../../layer/unpack-layer.ts";
import type { ByteString } from "../../sys/file-calls.ts";
import { changeRoot } from "../../sys/mount.ts";
import type { Owner, Ownership } from "./ownership.ts";
import { bytes } from "./root-path.ts";

const readBytes = 1024 * 1024;

/**
 * Unpacks an archive as ADD does, into a directory that becomes all that this process can reach: whatever names and links the
 * archive has, nothing else is written to (B7). So this is the last thing of a job.
 */
export async function unpackArchive(
  path: ByteString,
  directory: ByteString,
  owner: Owner | null,
  ownership: Ownership,
): Promise<void> {
  const fd = openSync(bytes(path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    changeRoot(bytes(directory).toString());
    const kept =
      ownership.kind === "set" ? ({ ...ownership, kind: "kept" } as const) : ({ kind: "own-user" } as const);
    using writer = new LayerWriter(kept, defaultLimits);
    const reader = new TarReader(owner ? new OwnedBy(writer, owner) : writer, defaultLimits);
    const packed = new PackedFile(fd);
    let archiveBytes = 0;
    for await (const chunk of decompress(packed.next)) {
      archiveBytes += chunk.length;
      checkSize(archiveBytes, packed.doneBytes, defaultLimits);
      reader.push(chunk);
    }
    reader.end();
    writer.finish();
  } catch (error) {
    if (!(error instanceof CntnrError)) throw error;
    throw new CntnrError("build", error.message.replace(/^layer: /, "archive: "), { cause: error });
  } finally {
    closeSync(fd);
  }
}

/** The archive as it is read. */
class PackedFile {
  readonly #fd: number;
  doneBytes = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  readonly next = (): Buffer | undefined => {
    const chunk = Buffer.allocUnsafe(readBytes);
    const count = readSync(this.#fd, chunk, 0, readBytes, null);
    this.doneBytes += count;
    return count === 0 ? undefined : chunk.subarray(0, count);
  };
}

/** Gives all members of an archive to one owner (--chown). */
class OwnedBy implements TarVisitor {
  readonly #next: TarVisitor;
  readonly #owner: Owner;

  constructor(next: TarVisitor, owner: Owner) {
    this.#next = next;
    this.#owner = owner;
  }

  entry(entry: TarEntry): void {
    this.#next.entry({ ...entry, ...this.#owner });
  }

  data(bytes: Uint8Array, position: number): void {
    this.#next.data(bytes, position);
  }

  endOfFile(): void {
    this.#next.endOfFile();
  }
}
