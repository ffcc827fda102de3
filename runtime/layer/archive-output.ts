import { createHash, type Hash } from "node:crypto";
import { writeSync } from "node:fs";
import { availableParallelism } from "node:os";
import { startWritingBack } from "../sys/file-calls.ts";
import { type BlockCompressor, blockCompressor, type Compression } from "./compression.ts";

/** What has been written; digests are bare hexadecimal SHA-256. */
export interface ArchiveSums {
  readonly archiveSha256: string;
  readonly archiveBytes: number;
  /** As compressed. */
  readonly blobSha256: string;
  readonly blobBytes: number;
}

const blockBytes = 1024 * 1024;
/** So much is handed to the disk at a time, while the next is made. */
const writeBackBytes = 8 * 1024 * 1024;

/**
 * Writes an archive to a descriptor: digested and compressed on the way, a block at a time, by as many threads as there
 * are processors. The bytes are the same whatever their number.
 */
export class ArchiveOutput {
  readonly #fd: number;
  readonly #compressor: BlockCompressor;
  readonly #archiveHash = createHash("sha256");
  /** Uncompressed, the blob is the archive. */
  readonly #blobHash: Hash | undefined;
  readonly #mostPending = availableParallelism() + 2;
  /** Blocks that nobody needs any more. */
  readonly #free: Buffer<ArrayBuffer>[] = [];
  #block: Buffer<ArrayBuffer> = Buffer.allocUnsafeSlow(blockBytes);
  #filled = 0;
  #archiveBytes = 0;
  #blobBytes = 0;
  #handedOverBytes = 0;
  /** One for each block that is not written yet, in order; each is fulfilled, whatever happens. */
  readonly #pending: Promise<void>[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(fd: number, compression: Compression) {
    this.#fd = fd;
    this.#compressor = blockCompressor(compression);
    this.#blobHash = compression === "none" ? undefined : createHash("sha256");
    this.#writeBlob(this.#compressor.head);
  }

  write(bytes: Uint8Array): void {
    if (bytes.length < this.#block.length - this.#filled) {
      this.#block.set(bytes, this.#filled);
      this.#filled += bytes.length;
      return;
    }
    for (let done = 0; done < bytes.length; ) {
      const space = this.space();
      const part = bytes.subarray(done, done + space.length);
      space.set(part);
      this.advance(part.length);
      done += part.length;
    }
  }

  /** Where the next bytes may be put directly, at least one; {@link advance} then says how many there are. */
  space(): Buffer {
    return this.#block.subarray(this.#filled);
  }

  advance(bytes: number): void {
    this.#filled += bytes;
    if (this.#filled === this.#block.length) this.#flush();
  }

  /** More blocks wait to be compressed than are good for the memory: time for {@link catchUp}. */
  get isAhead(): boolean {
    return this.#pending.length > this.#mostPending;
  }

  /** Waits until one more block has been written. Throws what went wrong there. */
  async catchUp(): Promise<void> {
    await this.#pending[0];
    if (this.#failure) throw this.#failure.error;
  }

  async finish(): Promise<ArchiveSums> {
    if (this.#filled > 0) this.#flush();
    while (this.#pending.length > 0) await this.catchUp();
    this.#writeBlob(this.#compressor.tail());
    const archiveSha256 = this.#archiveHash.digest("hex");
    return {
      archiveSha256,
      archiveBytes: this.#archiveBytes,
      blobSha256: this.#blobHash?.digest("hex") ?? archiveSha256,
      blobBytes: this.#blobBytes,
    };
  }

  #flush(): void {
    const whole = this.#block;
    const block = whole.subarray(0, this.#filled);
    this.#archiveBytes += block.length;
    this.#archiveHash.update(block);
    this.#compressor.note(block);
    const compressed = this.#compressor.compress(block);
    // It may fail while those before it are waited for.
    compressed.catch(() => undefined);
    this.#pending.push(this.#writeInTurn(compressed, this.#pending.at(-1), whole));
    this.#block = this.#free.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
    this.#filled = 0;
  }

  async #writeInTurn(
    compressed: Promise<Buffer>,
    before: Promise<void> | undefined,
    block: Buffer<ArrayBuffer>,
  ): Promise<void> {
    await before;
    try {
      const bytes = await compressed;
      if (!this.#failure) this.#writeBlob(bytes);
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#pending.shift();
    this.#free.push(block);
  }

  #writeBlob(bytes: Uint8Array): void {
    this.#blobHash?.update(bytes);
    this.#blobBytes += bytes.length;
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
    if (this.#blobBytes - this.#handedOverBytes < writeBackBytes) return;
    startWritingBack(this.#fd, this.#handedOverBytes, this.#blobBytes - this.#handedOverBytes);
    this.#handedOverBytes = this.#blobBytes;
  }
}
