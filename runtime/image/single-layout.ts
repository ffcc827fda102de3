import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Descriptor, mediaType, nameAnnotation } from "./oci-documents.ts";

/** How skopeo finds the image. */
export const singleTag = "image";

/**
 * Makes an image layout of one image out of blobs that are somewhere else: by a link, unless whoever reads it is told where they
 * are. So an image without a name can be named, of several in one index.
 */
export function writeSingleLayout(
  directory: string,
  { mediaType: type, digest, size }: Descriptor,
  blobs?: string,
): void {
  mkdirSync(directory, { recursive: true });
  if (blobs !== undefined) symlinkSync(blobs, join(directory, "blobs"));
  const entry = { mediaType: type, digest, size, annotations: { [nameAnnotation]: singleTag } };
  writeFileSync(join(directory, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(
    join(directory, "index.json"),
    JSON.stringify({ schemaVersion: 2, mediaType: mediaType.index, manifests: [entry] }),
  );
}
