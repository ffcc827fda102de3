import { spawn } from "node:child_process";
import { closeSync, constants, openSync, readSync, statSync, writeSync } from "node:fs";
import { basename } from "node:path";
import { CntnrError, hasErrno, messageOf } from "../../errors/cntnr-error.ts";
import { decompress } from "../../layer/decompress.ts";
import { defaultLimits } from "../../layer/limits.ts";
import { checkSize } from "../../layer/unpack-layer.ts";

/** How an archive is packed; `plain` is what is unpacked without a program of the machine's: as it is, gzip or zstd. */
export type ArchivePacking = "plain" | "xz" | "bzip2";

const magics: readonly { readonly packing: ArchivePacking; readonly bytes: readonly number[] }[] = [
  { packing: "plain", bytes: [0x1f, 0x8b] },
  { packing: "plain", bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { packing: "xz", bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { packing: "bzip2", bytes: [0x42, 0x5a, 0x68] },
];

const headerBytes = 512;
const readBytes = 64 * 1024;

/**
 * Whether a regular file is a tar archive, and how it is packed, by its contents alone. A file that is compressed but holds no tar
 * is none (reference, "Adding local tar archives").
 */
export async function detectArchive(path: string): Promise<ArchivePacking | undefined> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const start = Buffer.alloc(headerBytes);
    const count = readSync(fd, start, 0, headerBytes, 0);
    const magic = magics.find(({ bytes }) => bytes.every((byte, index) => start[index] === byte));
    if (!magic) return isTarHeader(start.subarray(0, count)) ? "plain" : undefined;
    if (magic.packing !== "plain") return magic.packing;
    return isTarHeader(await unpackedHead(fd)) ? "plain" : undefined;
  } finally {
    closeSync(fd);
  }
}

async function unpackedHead(fd: number): Promise<Buffer> {
  let position = 0;
  const next = () => {
    const chunk = Buffer.allocUnsafe(readBytes);
    const count = readSync(fd, chunk, 0, readBytes, position);
    position += count;
    return count === 0 ? undefined : chunk.subarray(0, count);
  };
  try {
    for await (const chunk of decompress(next)) return chunk;
  } catch (error) {
    if (!(error instanceof CntnrError)) throw error;
    // Not even compressed as it says: a file like any other.
  }
  return Buffer.alloc(0);
}

/** A header's checksum is the sum of its bytes, with the checksum's own taken for spaces (POSIX pax, "ustar"). */
export function isTarHeader(head: Uint8Array): boolean {
  if (head.length < headerBytes) return false;
  const field = Buffer.from(head.subarray(148, 156)).toString("latin1");
  const [, digits = ""] = /^[ \0]*([0-7]{1,7})[ \0]/.exec(`${field} `) ?? [];
  if (digits === "") return false;
  let sum = 8 * 0x20;
  for (let index = 0; index < headerBytes; index++) if (index < 148 || index >= 156) sum += head[index] ?? 0;
  return sum === Number.parseInt(digits, 8) && sum > 8 * 0x20;
}

/**
 * Writes what an archive of the kinds that we cannot unpack ourselves holds into a new file. Throws CntnrError, also for what is
 * far larger than its archive.
 */
export async function decompressInto(
  path: string,
  packing: "xz" | "bzip2",
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const packedBytes = statSync(path).size;
  const fd = openSync(target, "wx", 0o600);
  try {
    await runDecompressor(packing, path, signal, (chunk, bytes) => {
      checkSize(bytes, packedBytes, defaultLimits);
      writeSync(fd, chunk);
    });
  } catch (error) {
    signal.throwIfAborted();
    const reason = hasErrno(error, "ENOENT")
      ? `${packing} is not installed (Debian package: ${packing === "xz" ? "xz-utils" : "bzip2"})`
      : messageOf(error);
    throw new CntnrError("build", `${basename(path)} cannot be unpacked: ${reason}`, { cause: error });
  } finally {
    closeSync(fd);
  }
}

/** @param onData gets each piece, and how many bytes there were with it; what it throws ends the program */
function runDecompressor(
  program: string,
  path: string,
  signal: AbortSignal,
  onData: (chunk: Buffer, bytes: number) => void,
): Promise<void> {
  const child = spawn(program, ["-dc", "--", path], { stdio: ["ignore", "pipe", "pipe"], signal });
  return new Promise((resolve, reject) => {
    const errors: Buffer[] = [];
    let bytes = 0;
    child.on("error", reject);
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    // Listened to at once: what a program has printed that has ended by then would be lost.
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      try {
        onData(chunk, bytes);
      } catch (error) {
        child.kill("SIGKILL");
        reject(error);
      }
    });
    child.on("close", (exitCode) => {
      if (exitCode === 0) resolve();
      else reject(new Error(Buffer.concat(errors).toString().trim()));
    });
  });
}
