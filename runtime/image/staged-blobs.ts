import {
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { shareLikeStore } from "../store/sharing.ts";
import { blobPath, digestOfHex } from "./digest.ts";

const hexPattern = /^[a-f0-9]{64}$/;
const leftBrace = "{".charCodeAt(0);

/**
 * The directory that skopeo takes for that of all blobs. It stands below `staging`, and the store's layers show in it by links, so that
 * none is fetched again. Documents do not: skopeo writes a manifest in place, and through a link, or in the store itself, whoever
 * reads it at that moment, or after a kill, would find half of it.
 */
export class StagedBlobs {
  readonly path: string;
  readonly #directories: Directories;

  constructor(directories: Directories, staging: string) {
    this.#directories = directories;
    this.path = join(staging, "blobs");
    mkdirSync(this.#bySha256(), { recursive: true });
    for (const hex of blobsOf(directories)) {
      const blob = blobPath(directories, digestOfHex(hex));
      if (!isDocument(blob)) symlinkSync(blob, join(this.#bySha256(), hex));
    }
  }

  /**
   * Moves what has come into the store, where nothing refers to it yet. A blob that is there stays as it is. Of a copy that did
   * not end well only layers: they have their names when they are whole, and need not be fetched again.
   */
  deposit(end: "well" | "badly"): void {
    for (const hex of readdirSync(this.#bySha256())) {
      const path = join(this.#bySha256(), hex);
      if (!hexPattern.test(hex) || !lstatSync(path).isFile()) continue;
      const isLayer = !isDocument(path);
      if (end === "badly" && !isLayer) continue;
      const blob = blobPath(this.#directories, digestOfHex(hex));
      this.#put(path, blob);
      rmSync(path);
      if (isLayer) symlinkSync(blob, path);
    }
  }

  #put(path: string, blob: string): void {
    try {
      linkSync(path, blob);
      shareLikeStore(this.#directories, blob);
    } catch (error) {
      if (!hasErrno(error, "EEXIST")) throw error;
    }
  }

  #bySha256(): string {
    return join(this.path, "sha256");
  }
}

function blobsOf(directories: Directories): string[] {
  try {
    return readdirSync(join(directories.images, "blobs/sha256")).filter((name) => hexPattern.test(name));
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return [];
    throw error;
  }
}

/** By its first byte: JSON of an object. An archive that begins like one is only fetched again. */
function isDocument(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    // Removed meanwhile, or not to be read: then it is of no use here.
    if (hasErrno(error, "ENOENT", "EACCES")) return true;
    throw error;
  }
  try {
    const first = new Uint8Array(1);
    return readSync(fd, first, 0, 1, 0) === 0 || first[0] === leftBrace;
  } finally {
    closeSync(fd);
  }
}
