import { closeSync, constants, fstatSync, openSync, type Stats } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { ByteString } from "../sys/file-calls.ts";
import { openBeneath } from "../sys/open-beneath.ts";

/**
 * The layers below the one that is being packed. They are held open, because whoever packs shuts himself into his own
 * layer first, and asked for single paths only: none is ever read as a whole.
 */
export class LowerLayers implements Disposable {
  /** The uppermost first. */
  readonly #roots: readonly number[];

  /** @param paths the layers' root directories, lowest first */
  constructor(paths: readonly string[]) {
    this.#roots = paths.map((path) => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)).reverse();
  }

  get isNone(): boolean {
    return this.#roots.length === 0;
  }

  /** Whether any layer says something of this path, be it that it is deleted. */
  has(path: ByteString): boolean {
    return this.#roots.some((root) => statusBeneath(root, path) !== undefined);
  }

  /** What the uppermost layer that says something of the path has there. */
  status(path: ByteString): Stats | undefined {
    for (const root of this.#roots) {
      const status = statusBeneath(root, path);
      if (status) return status;
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    for (const root of this.#roots) closeSync(root);
  }
}

function statusBeneath(root: number, path: ByteString): Stats | undefined {
  let fd: number;
  try {
    fd = openBeneath(root, Buffer.from(path, "latin1"));
  } catch (error) {
    // A link or a file on the way: the layer has nothing below it.
    if (hasErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
  try {
    return fstatSync(fd);
  } finally {
    closeSync(fd);
  }
}
