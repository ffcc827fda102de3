import { existsSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { layerLinkPath, layerName } from "../store/layers.ts";
import { namesIn } from "../store/list-directory.ts";
import { replaceFile } from "../store/replace-file.ts";
import { readIfThere } from "../sys/read-text.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { digestPattern, hexOf } from "./digest.ts";
import type { Digest, LocalImage } from "./local-image.ts";

const strings = v.pipe(v.array(v.string()), v.readonly());

const preparedSchema = v.object({
  id: v.custom<Digest>((value) => typeof value === "string" && digestPattern.test(value)),
  /** Names in <data>/l, or absolute paths of links in other stores, lowest layer first. */
  links: strings,
  contentBytes: v.number(),
  config: v.object({
    created: v.exactOptional(v.string()),
    author: v.exactOptional(v.string()),
    architecture: v.string(),
    os: v.string(),
    user: v.string(),
    env: strings,
    entrypoint: strings,
    cmd: strings,
    workingDir: v.string(),
    exposedPorts: strings,
    volumes: strings,
    labels: v.pipe(v.record(v.string(), v.string()), v.readonly()),
    stopSignal: v.exactOptional(v.string()),
    healthcheck: v.exactOptional(
      v.object({
        test: strings,
        interval: v.exactOptional(v.number()),
        timeout: v.exactOptional(v.number()),
        startPeriod: v.exactOptional(v.number()),
        startInterval: v.exactOptional(v.number()),
        retries: v.exactOptional(v.number()),
      }),
    ),
  }),
});

/**
 * All that starting a container needs to know of an image, worked out once: it saves each start the manifest, the
 * configuration and the question what is unpacked. It follows from the manifest's digest and the mappings, so it is
 * never out of date; without it, the image is prepared again.
 */
export type PreparedImage = Readonly<v.InferOutput<typeof preparedSchema>>;

/** What is known of an image; undefined when that, or one of its layers, is not there. */
export function readPrepared(
  directories: Directories,
  manifestDigest: Digest,
  mappings: IdMappings,
): PreparedImage | undefined {
  const text = readIfThere(preparedPath(directories, manifestDigest, mappings));
  if (text === undefined) return undefined;
  const prepared = v.safeParse(preparedSchema, parseJson(text));
  if (!prepared.success) return undefined;
  const isUnpacked = prepared.output.links.every((link) => existsSync(layerLinkPath(directories, link)));
  return isUnpacked ? prepared.output : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // As good as none: it can be made again.
    return undefined;
  }
}

export function writePrepared(
  directories: Directories,
  manifestDigest: Digest,
  mappings: IdMappings,
  prepared: PreparedImage,
): void {
  replaceFile(directories, preparedPath(directories, manifestDigest, mappings), JSON.stringify(prepared));
}

/** Remembers that an image is about to be used: images expire by their last use. */
export function noteUse(directories: Directories, manifestDigest: Digest, mappings: IdMappings): void {
  const now = new Date();
  try {
    utimesSync(preparedPath(directories, manifestDigest, mappings), now, now);
  } catch (error) {
    // Not ready yet: getting ready counts as a use, too.
    if (!hasErrno(error, "ENOENT")) throw error;
  }
}

/** When each image that is ready, for whichever mappings, was last used or made so, by its manifest (hexadecimal). Epoch milliseconds. */
export function lastUsesMs(directories: Directories): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const name of namesIn(directories.layers)) {
    const hex = manifestHexOfRecord(name);
    const status = hex && statSync(join(directories.layers, name), { throwIfNoEntry: false });
    if (hex && status) uses.set(hex, Math.max(uses.get(hex) ?? 0, status.mtimeMs));
  }
  return uses;
}

/** A prepared image under one of its names. */
export function localImage(
  directories: Directories,
  name: string,
  manifestDigest: Digest,
  prepared: PreparedImage,
): LocalImage {
  return {
    name,
    manifestDigest,
    id: prepared.id,
    config: prepared.config,
    layers: prepared.links.map((link) => layerLinkPath(directories, link)),
  };
}

/** The name of the records of a manifest's image in <data>/layers; undefined for other files. */
export function manifestHexOfRecord(fileName: string): string | undefined {
  return /^([a-f0-9]{64})-[a-z0-9]+\.json$/.exec(fileName)?.[1];
}

function preparedPath(directories: Directories, manifestDigest: Digest, mappings: IdMappings): string {
  return join(directories.layers, `${layerName(hexOf(manifestDigest), mappings)}.json`);
}
