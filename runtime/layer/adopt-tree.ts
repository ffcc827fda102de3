import { type BigIntStats, rmSync } from "node:fs";
import {
  type ByteString,
  type FileTime,
  removeAttribute,
  setMode,
  setOwner,
  setTimes,
  unlinkFile,
} from "../sys/file-calls.ts";
import { isOpaqueMark } from "./deletion-marks.ts";
import { impliedMode } from "./layer-writer.ts";
import type { TreeListener } from "./pack-tree.ts";
import type { TarEntry } from "./tar-entry.ts";
import type { TreeAttributes } from "./tree-entry.ts";

/**
 * Makes the working directory the same as the archive that is being made of it, as if it had been unpacked from that: it can
 * then be the unpacked layer, and nobody can tell a layer that was made here from one that was pulled.
 */
export class TreeAdopter implements TreeListener {
  /** Set at the end: removing an entry of a directory changes its time. */
  readonly #directoryTimes = new Map<ByteString, FileTime>();

  omitted(path: ByteString, status: BigIntStats): void {
    if (status.isDirectory()) rmSync(Buffer.from(path, "latin1"), { recursive: true });
    else unlinkFile(path);
  }

  packed(path: ByteString, attributes: TreeAttributes, entry: TarEntry | undefined, isOpaque: boolean): void {
    const name = path || ".";
    for (const attribute of [...attributes.overlay.keys(), ...attributes.dropped])
      if (!isOpaqueMark(attribute) || !isOpaque) removeAttribute(name, attribute);
    if (!entry) {
      setOwner(name, 0, 0);
      setMode(name, impliedMode);
    } else if (entry.type === "directory") this.#directoryTimes.set(name, entry.modified);
    else setTimes(name, entry.modified);
  }

  finish(): void {
    for (const [name, time] of this.#directoryTimes) setTimes(name, time);
  }
}
