import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { sha256Hex } from "../sys/random.ts";
import { hexOf } from "./digest.ts";
import type { Digest } from "./local-image.ts";
import { descriptorOf, entryName, parseIndex } from "./oci-documents.ts";

/**
 * Which manifest of an image layout (`oci:DIRECTORY[:TAG]`) does not have the contents that the index says. skopeo reads it before
 * it looks at its digest, and then tells what is wrong with the text, but not where that is.
 */
export function findDamagedManifest(source: string): Digest | undefined {
  const [, directory = "", tag] = /^oci:([^:]*)(?::(.*))?$/.exec(source) ?? [];
  try {
    const index = join(directory, "index.json");
    const { manifests } = parseIndex(readFileSync(index, "utf8"), index);
    const entries = manifests.filter((entry) => tag === undefined || entryName(entry) === tag);
    return entries
      .map((entry) => descriptorOf(entry, index).digest)
      .find((digest) => !isWhole(directory, digest));
  } catch (error) {
    // Whatever else is wrong is for skopeo to say.
    if (error instanceof CntnrError || hasErrno(error, "ENOENT", "EACCES", "ENOTDIR")) return undefined;
    throw error;
  }
}

function isWhole(directory: string, digest: Digest): boolean {
  const bytes = readFileSync(join(directory, "blobs/sha256", hexOf(digest)));
  return sha256Hex(bytes) === hexOf(digest);
}
