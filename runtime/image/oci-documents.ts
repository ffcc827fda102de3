import * as v from "valibot";
import { CntnrError } from "../errors/cntnr-error.ts";
import { digestPattern } from "./digest.ts";
import type { DiffId, Digest, ImageConfig } from "./local-image.ts";

/** Media types of image-spec (media-types.md). */
export const mediaType = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
} as const;

/** The annotation of an index's entry by which an image layout names it (image-spec, annotations.md). */
export const nameAnnotation = "org.opencontainers.image.ref.name";

/** Media types of layers by how they are packed (layer.md). */
export const layerMediaTypes = {
  none: "application/vnd.oci.image.layer.v1.tar",
  gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
} as const;

/** When an image got its name in our store (RFC 3339): names expire by it. */
export const namedAtAnnotation = "org.cntnr.named-at";

/** How a layer may be packed is seen from its bytes; what it is must be a tar. */
const layerTypePattern =
  /^application\/vnd\.oci\.image\.layer\.(?:nondistributable\.)?v1\.tar(?:\+(?:gzip|zstd))?$/;

const digestSchema = v.custom<Digest>(
  (value) => typeof value === "string" && digestPattern.test(value),
  "not a sha256 digest",
);
const diffIdSchema = v.custom<DiffId>(
  (value) => typeof value === "string" && digestPattern.test(value),
  "not a sha256 digest",
);
const sizeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const descriptorSchema = v.looseObject({ mediaType: v.string(), digest: digestSchema, size: sizeSchema });

/** A reference to a blob, with all that its document says of it (image-spec, descriptor.md). */
export type Descriptor = v.InferOutput<typeof descriptorSchema>;

const indexSchema = v.looseObject({
  schemaVersion: v.literal(2),
  mediaType: v.optional(v.literal(mediaType.index)),
  // Entries may be of other programs: each is looked at only when it is the one that is asked for.
  manifests: v.array(v.looseObject({ annotations: v.nullish(v.record(v.string(), v.string())) })),
});

/** images/index.json, or the index of any image layout. */
export type ImageIndex = v.InferOutput<typeof indexSchema>;
export type IndexEntry = ImageIndex["manifests"][number];

const manifestSchema = v.looseObject({
  schemaVersion: v.literal(2),
  mediaType: v.optional(v.literal(mediaType.manifest)),
  config: descriptorSchema,
  layers: v.array(descriptorSchema),
});

export type Manifest = v.InferOutput<typeof manifestSchema>;

const stringList = v.nullish(v.array(v.string()));
const stringSet = v.nullish(v.record(v.string(), v.unknown()));

const historySchema = v.looseObject({
  created: v.nullish(v.string()),
  created_by: v.nullish(v.string()),
  author: v.nullish(v.string()),
  comment: v.nullish(v.string()),
  empty_layer: v.nullish(v.boolean()),
});

/** How a layer, or with `empty_layer` a setting, came into an image (config.md, "history"). */
export type HistoryEntry = v.InferOutput<typeof historySchema>;

const configSchema = v.looseObject({
  created: v.nullish(v.string()),
  author: v.nullish(v.string()),
  architecture: v.string(),
  os: v.string(),
  config: v.nullish(
    v.looseObject({
      User: v.nullish(v.string()),
      Env: stringList,
      Entrypoint: stringList,
      Cmd: stringList,
      WorkingDir: v.nullish(v.string()),
      ExposedPorts: stringSet,
      Volumes: stringSet,
      Labels: v.nullish(v.record(v.string(), v.string())),
      StopSignal: v.nullish(v.string()),
    }),
  ),
  rootfs: v.looseObject({ type: v.literal("layers"), diff_ids: v.array(diffIdSchema) }),
  history: v.nullish(v.array(historySchema)),
});

/** An image configuration as it stands in its document, with all that we know nothing of (Healthcheck, OnBuild, ...). */
export type ConfigDocument = v.InferOutput<typeof configSchema>;

/** Parses an image index. `where` names the file for the message. */
export function parseIndex(text: string, where: string): ImageIndex {
  const document = parseJson(text, where);
  refuseConfusion(document, "layers", where);
  return check(indexSchema, document, where);
}

/** The blob that an index's entry stands for. */
export function descriptorOf(entry: IndexEntry, where: string): Descriptor {
  return check(descriptorSchema, entry, where);
}

/** The name that an index's entry has; "" for none. */
export function entryName(entry: IndexEntry): string {
  return entry.annotations?.[nameAnnotation] ?? "";
}

/** Parses an image manifest whose descriptor is known. Throws `unsupported` for what is no container image. */
export function parseManifest(text: string, descriptor: Descriptor): Manifest {
  const where = `manifest ${descriptor.digest}`;
  if (descriptor.mediaType !== mediaType.manifest)
    throw new CntnrError("unsupported", `${where} is not that of one image, but "${descriptor.mediaType}"`);
  const document = parseJson(text, where);
  refuseConfusion(document, "manifests", where);
  const manifest = check(manifestSchema, document, where);
  if (manifest.config.mediaType !== mediaType.config)
    throw new CntnrError(
      "unsupported",
      `${where} is not of a container image: its configuration is "${manifest.config.mediaType}"`,
    );
  for (const { mediaType: type } of manifest.layers)
    if (!layerTypePattern.test(type))
      throw new CntnrError("unsupported", `${where} has a layer of the unknown type "${type}"`);
  return manifest;
}

/** Of docker's own manifests (distribution, "Image Manifest Version 2, Schema 2"). */
export const dockerManifestType = "application/vnd.docker.distribution.manifest.v2+json";

const dockerLayerTypes: Readonly<Record<string, string>> = {
  "application/vnd.docker.image.rootfs.diff.tar": layerMediaTypes.none,
  "application/vnd.docker.image.rootfs.diff.tar.gzip": layerMediaTypes.gzip,
  "application/vnd.docker.image.rootfs.diff.tar.zstd": layerMediaTypes.zstd,
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip":
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
};

const dockerManifestSchema = v.looseObject({
  schemaVersion: v.literal(2),
  mediaType: v.literal(dockerManifestType),
  config: descriptorSchema,
  layers: v.array(descriptorSchema),
});

/**
 * A manifest of docker's kind as one of the OCI's: of the same blobs, the configuration among them, which may say more than the
 * OCI's programs know of (Healthcheck, OnBuild, Shell). Throws CntnrError.
 */
export function parseDockerManifest(text: string, { digest }: Descriptor): Manifest {
  const where = `manifest ${digest}`;
  const document = parseJson(text, where);
  refuseConfusion(document, "manifests", where);
  const { config, layers } = check(dockerManifestSchema, document, where);
  if (config.mediaType !== "application/vnd.docker.container.image.v1+json")
    throw new CntnrError(
      "unsupported",
      `${where} is not of a container image: its configuration is "${config.mediaType}"`,
    );
  return {
    schemaVersion: 2,
    mediaType: mediaType.manifest,
    config: { mediaType: mediaType.config, digest: config.digest, size: config.size },
    layers: layers.map(({ mediaType: type, digest: layer, size }) => {
      const known = Object.hasOwn(dockerLayerTypes, type) ? dockerLayerTypes[type] : undefined;
      if (known) return { mediaType: known, digest: layer, size };
      throw new CntnrError("unsupported", `${where} has a layer of the unknown type "${type}"`);
    }),
  };
}

/** An image configuration with the digests of its layers' contents. */
export interface ParsedConfig {
  readonly config: ImageConfig;
  readonly diffIds: readonly DiffId[];
}

/** Parses an image configuration (image-spec, config.md), and leaves it as it stands. */
export function parseConfigDocument(text: string, digest: Digest): ConfigDocument {
  const where = `image configuration ${digest}`;
  return check(configSchema, parseJson(text, where), where);
}

/** Parses an image configuration for running it. */
export function parseConfig(text: string, digest: Digest): ParsedConfig {
  const document = parseConfigDocument(text, digest);
  const settings = document.config ?? {};
  return {
    diffIds: document.rootfs.diff_ids,
    config: {
      architecture: document.architecture,
      os: document.os,
      user: settings.User ?? "",
      env: settings.Env ?? [],
      entrypoint: settings.Entrypoint ?? [],
      cmd: settings.Cmd ?? [],
      workingDir: settings.WorkingDir ?? "",
      exposedPorts: Object.keys(settings.ExposedPorts ?? {}),
      volumes: Object.keys(settings.Volumes ?? {}),
      labels: settings.Labels ?? {},
      ...(document.created ? { created: document.created } : {}),
      ...(document.author ? { author: document.author } : {}),
      ...(settings.StopSignal ? { stopSignal: settings.StopSignal } : {}),
      ...healthCheckOf(settings),
    },
  };
}

const duration = v.nullish(v.number());
const healthCheckSchema = v.object({
  Test: v.array(v.string()),
  Interval: duration,
  Timeout: duration,
  StartPeriod: duration,
  StartInterval: duration,
  Retries: duration,
});

/** Docker's extension; what cannot be understood is as good as none. */
function healthCheckOf(settings: Record<string, unknown>): Pick<ImageConfig, "healthcheck"> {
  const parsed = v.safeParse(healthCheckSchema, settings.Healthcheck);
  if (!parsed.success) return {};
  const { Test, Interval, Timeout, StartPeriod, StartInterval, Retries } = parsed.output;
  return {
    healthcheck: {
      test: Test,
      ...(Interval ? { interval: Interval } : {}),
      ...(Timeout ? { timeout: Timeout } : {}),
      ...(StartPeriod ? { startPeriod: StartPeriod } : {}),
      ...(StartInterval ? { startInterval: StartInterval } : {}),
      ...(Retries ? { retries: Retries } : {}),
    },
  };
}

/** A document that is both index and manifest means one thing to one program and another to the next (B8, CVE-2021-41190). */
function refuseConfusion(document: unknown, key: "layers" | "manifests", where: string): void {
  if (typeof document === "object" && document !== null && key in document)
    throw new CntnrError("corrupt", `${where} is an image's manifest and an index at once: refused`);
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CntnrError("corrupt", `${where} is not JSON`, { cause: error });
  }
}

function check<S extends v.GenericSchema>(schema: S, document: unknown, where: string): v.InferOutput<S> {
  const result = v.safeParse(schema, document);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw new CntnrError("corrupt", `${where} is not valid${path ? ` at ${path}` : ""}: ${issue.message}`);
}
