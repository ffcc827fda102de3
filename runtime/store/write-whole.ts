import { renameSync, rmSync, writeFileSync } from "node:fs";
import { randomHex } from "../sys/random.ts";

/**
 * Writes a small file of state as a whole: who opens it finds the old text or the new one, also when several write it at the same time,
 * and when it fails, as on a full disk, nothing of it is left. Not flushed to the disk: after a power failure it may be empty.
 */
export function writeWhole(path: string, text: string): void {
  const unfinished = `${path}.${randomHex(6)}.new`;
  try {
    writeFileSync(unfinished, text, { mode: 0o600 });
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
