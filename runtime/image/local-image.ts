import type { ImageHealthCheck } from "../health/health-check.ts";

/** `sha256:` and 64 lower-case hexadecimal digits. Of a blob as stored. */
export type Digest = string & { readonly brand: "Digest" };
/** Digest of a layer's uncompressed tar (OCI image-spec, config.md, rootfs.diff_ids). */
export type DiffId = string & { readonly brand: "DiffId" };

/** The parts of an OCI image configuration that running needs (image-spec, config.md). */
export interface ImageConfig {
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly user: string;
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal?: string;
  readonly healthcheck?: ImageHealthCheck;
}

/** An image whose blobs are in the store and whose layers are unpacked. */
export interface LocalImage {
  /** The name that the user knows it by: docker.io/library/alpine:3.6, 127.0.0.1:5000/busybox:latest. */
  readonly name: string;
  readonly manifestDigest: Digest;
  /** Digest of the image configuration: docker's image id. */
  readonly id: Digest;
  readonly config: ImageConfig;
  /** Absolute paths of the unpacked layers, lowest first. Short enough for 100 of them in an overlay mount. */
  readonly layers: readonly string[];
}
