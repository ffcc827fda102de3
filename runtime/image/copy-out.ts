import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CntnrError } from "../errors/cntnr-error.ts";
import { runCommand } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import { lockStore } from "../store/store-lock.ts";
import { newKey } from "../store/temporary.ts";
import { isDigest } from "./digest.ts";
import type { Digest } from "./local-image.ts";
import { isLoopbackRegistry } from "./reference.ts";
import type { StoredImage } from "./shared-image.ts";
import { singleTag, writeSingleLayout } from "./single-layout.ts";
import { type CopyOptions, policyArguments } from "./skopeo.ts";
import { explainSkopeoFailure } from "./skopeo-failure.ts";
import { watchSending } from "./watch-sending.ts";

export interface CopyOutOptions
  extends Pick<CopyOptions, "imagePolicy" | "tlsVerify" | "signal" | "onProgress"> {
  /** The kind of manifest that is written; default: the image's own, which is OCI's. */
  readonly format?: "oci" | "v2s2";
}

const copyTimeoutMs = 6 * 60 * 60_000;

/**
 * Copies an image to a place that skopeo can write to: `docker://HOST/NAME:TAG`, `oci:DIRECTORY:TAG`,
 * `oci-archive:FILE`, `docker-archive:FILE`, `dir:DIRECTORY`. Returns the digest of the manifest there. Throws CntnrError.
 */
export async function copyOut(
  directories: Directories,
  { store, image: { manifest } }: StoredImage,
  destination: string,
  options: CopyOutOptions,
): Promise<Digest> {
  using _ = await lockStore(directories, "shared", options);
  using key = await newKey(directories, "pull");
  const staging = key.makeDirectory();
  try {
    writeSingleLayout(staging, manifest);
    const digestFile = join(staging, "digest");
    const registry = /^docker:\/\/([^/]+)/.exec(destination)?.[1] ?? "";
    const args = [
      ...policyArguments(options),
      "copy",
      ...tlsArguments(registry, options),
      ...(options.format === undefined ? [] : ["--format", options.format]),
      ...["--digestfile", digestFile],
      ...["--src-shared-blob-dir", join(store.images, "blobs")],
      `oci:${staging}:${singleTag}`,
      destination,
    ];
    using watch = watchSending(store, manifest, options);
    const result = await runCommand("skopeo", args, {
      timeoutMs: copyTimeoutMs,
      onStart: watch.begin,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    if (result.exitCode !== 0)
      throw explainSkopeoFailure({ source: destination, registry, name: destination }, result);
    return digestIn(digestFile);
  } finally {
    await key.clear({ uids: [], gids: [], subordinate: false });
  }
}

function tlsArguments(registry: string, { tlsVerify }: CopyOutOptions): string[] {
  const verify = tlsVerify ?? (isLoopbackRegistry(registry) ? false : undefined);
  return registry === "" || verify === undefined ? [] : [`--dest-tls-verify=${verify}`];
}

function digestIn(file: string): Digest {
  const text = readFileSync(file, "utf8").trim();
  if (isDigest(text)) return text;
  throw new CntnrError("engine", `skopeo wrote no digest, but "${text.slice(0, 100)}"`);
}
