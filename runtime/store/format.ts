import { join } from "node:path";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { readIfThere } from "../sys/read-text.ts";
import { writeWhole } from "./write-whole.ts";

/*
 *     <data>/format             one number: how everything below <data> is laid out. None: as before there was a stamp (0).
 *
 * Raise `storeFormat` when a program of the format before could not read, or would spoil, what this one writes, and add the step that
 * makes the old into the new. Records (container.json, a bundle's and a volume's) have a version of their own, for what is in them.
 */

/** The format that this program writes. */
export const storeFormat = 1;

/** `steps[n]` makes format n + 1 of format n, and may be cut off anywhere and done again. */
const steps: readonly ((data: string) => void)[] = [
  () => {
    // Format 1 is the same with the stamp.
  },
];

/**
 * Sees to it that a store is of our format. Throws CntnrError `unsupported` for one of a newer program, before anything is touched,
 * and `corrupt` for a stamp that is none.
 */
export function openFormat(data: string): void {
  const found = readFormat(data);
  if (found === storeFormat) return;
  for (const step of steps.slice(found)) step(data);
  try {
    writeWhole(formatPath(data), `${storeFormat}\n`);
  } catch (error) {
    // It can be read all the same; the next time will do.
    if (!hasErrno(error, "ENOSPC", "EDQUOT", "EROFS")) throw error;
  }
}

/** The format of a store that is only read; 0 without a stamp. Throws as {@link openFormat} does. */
export function readFormat(data: string): number {
  const path = formatPath(data);
  const text = readIfThere(path);
  if (text === undefined) return 0;
  if (!/^\d{1,9}\n?$/.test(text))
    throw new CntnrError(
      "corrupt",
      `${path} is damaged: it says which format the store has, for this cntnr ${storeFormat}`,
    );
  refuseNewer(data, "format", Number(text), storeFormat);
  return Number(text);
}

/** Throws CntnrError `unsupported` for what a newer program has written: it is for that one to read, and to remove. */
export function refuseNewer(path: string, word: string, found: unknown, known: number): void {
  if (typeof found !== "number" || found <= known) return;
  throw new CntnrError(
    "unsupported",
    `${path} was written by a newer cntnr (${word} ${found}; this one knows ${known}): use that one, or another store (--store-dir)`,
  );
}

/** The version that a record says it has, of what a file says. */
export function versionOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "version" in value ? value.version : undefined;
}

function formatPath(data: string): string {
  return join(data, "format");
}
