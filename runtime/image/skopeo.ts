import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { loadConfiguration } from "../configuration/load-configuration.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import { type CommandResult, runCommand } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import { readDocument } from "./blobs.ts";
import { findDamagedManifest } from "./damaged-layout.ts";
import {
  type Descriptor,
  descriptorOf,
  dockerManifestType,
  entryName,
  mediaType,
  parseConfigDocument,
  parseDockerManifest,
  parseIndex,
  parseManifest,
} from "./oci-documents.ts";
import type { ProgressListener } from "./progress.ts";
import { putDocument, putText } from "./put-document.ts";
import { type ImageReference, isLoopbackRegistry, sourceShown } from "./reference.ts";
import { explainSkopeoFailure } from "./skopeo-failure.ts";
import { StagedBlobs } from "./staged-blobs.ts";
import type { Platform } from "./wanted-platform.ts";

export interface CopyOptions {
  /** `--image-policy`: a policy.json(5), or `insecure` for none; without it /etc/containers/policy.json decides. */
  readonly imagePolicy?: string;
  /** Whether registries must prove who they are; without it they must, except those of this machine. */
  readonly tlsVerify?: boolean;
  /** Milliseconds without a byte after which a registry is given up. Default: as configured. */
  readonly stallTimeoutMs?: number;
  /** OS/ARCHITECTURE[/VARIANT] of the image to take from several; default: this machine's. */
  readonly platform?: Platform;
  readonly onProgress?: ProgressListener;
  readonly signal?: AbortSignal;
}

const copyTimeoutMs = 6 * 60 * 60_000;
const listTimeoutMs = 5 * 60_000;
const progressIntervalMs = 100;
const stagedTag = "image";

/**
 * Copies an image's blobs into the store and returns its manifest's descriptor. Skopeo writes in `staging` alone, an empty directory,
 * where it finds the store's layers (staged-blobs.ts).
 */
export async function copyIntoStore(
  directories: Directories,
  reference: ImageReference,
  staging: string,
  options: CopyOptions,
): Promise<Descriptor> {
  if (staging.includes(":"))
    throw new CntnrError("unsupported", `${directories.data}: a store's path cannot have a colon in it`);
  options.onProgress?.({ kind: "copying", source: sourceShown(reference) });
  const isOfDockers = reference.transport === "docker-archive";
  const blobs = new StagedBlobs(directories, staging);
  const run = (flags: readonly string[]) => runCopy(blobs, reference, staging, flags, options);
  const copy = async () => {
    const result = await run([]);
    if (result.exitCode !== 0) throw explainCopyFailure(reference, result);
    return stagedImage(staging, reference);
  };
  // As it is: when skopeo makes one of the OCI's of docker's, all that the OCI does not know of is lost.
  if (reference.registry !== "" || reference.transport === "dir") {
    const kept = await run(["--preserve-digests"]);
    if (kept.exitCode !== 0 && !/preserve[ -]digests/i.test(kept.stderr))
      throw explainCopyFailure(reference, kept);
    const descriptor = kept.exitCode === 0 ? stagedImage(staging, reference) : undefined;
    if (descriptor?.mediaType === dockerManifestType) return convertDockerImage(directories, descriptor);
    return descriptor?.mediaType === mediaType.manifest ? descriptor : copy();
  }
  const descriptor = await copy();
  return isOfDockers ? withOwnConfig(directories, reference, descriptor, options) : descriptor;
}

async function runCopy(
  blobs: StagedBlobs,
  reference: ImageReference,
  staging: string,
  flags: readonly string[],
  options: CopyOptions,
): Promise<CommandResult> {
  const args = [
    ...policyArguments(options),
    ...platformArguments(options.platform),
    "copy",
    ...flags,
    ...transportArguments(reference, options),
    "--dest-shared-blob-dir",
    blobs.path,
    reference.source,
    `oci:${staging}:${stagedTag}`,
  ];
  using watch = watchArrival(staging, reference, options);
  let end: "well" | "badly" = "badly";
  try {
    const result = await runCommand("skopeo", args, {
      timeoutMs: copyTimeoutMs,
      signal: options.signal ? AbortSignal.any([options.signal, watch.signal]) : watch.signal,
    });
    if (result.exitCode === 0) end = "well";
    return result;
  } finally {
    blobs.deposit(end);
  }
}

function explainCopyFailure(reference: ImageReference, result: CommandResult): CntnrError {
  const damaged = findDamagedManifest(reference.source);
  if (damaged === undefined) return explainSkopeoFailure(reference, result);
  return new CntnrError(
    "corrupt",
    `${sourceShown(reference)} is damaged: its blob ${damaged} is not what it should be`,
  );
}

function stagedImage(staging: string, reference: ImageReference): Descriptor {
  const indexPath = join(staging, "index.json");
  const { manifests } = parseIndex(readFileSync(indexPath, "utf8"), indexPath);
  // A first copy of the same tag is left without it.
  const entry = manifests.find((candidate) => entryName(candidate) === stagedTag);
  if (!entry) throw new CntnrError("engine", `skopeo copied nothing from ${sourceShown(reference)}`);
  return descriptorOf(entry, indexPath);
}

function convertDockerImage(directories: Directories, descriptor: Descriptor): Descriptor {
  const manifest = parseDockerManifest(readDocument(directories, descriptor), descriptor);
  return putDocument(directories, mediaType.manifest, manifest);
}

/** An archive of docker's has its configuration as docker means it; skopeo has left out of it what the OCI does not know of. */
async function withOwnConfig(
  directories: Directories,
  reference: ImageReference,
  descriptor: Descriptor,
  options: CopyOptions,
): Promise<Descriptor> {
  const result = await runCommand("skopeo", ["inspect", "--raw", "--config", reference.source], {
    timeoutMs: listTimeoutMs,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (result.exitCode !== 0) throw explainSkopeoFailure(reference, result);
  const manifest = parseManifest(readDocument(directories, descriptor), descriptor);
  const config = putText(directories, mediaType.config, result.stdout);
  const own = parseConfigDocument(result.stdout, config.digest);
  const copied = parseConfigDocument(readDocument(directories, manifest.config), manifest.config.digest);
  if (String(own.rootfs.diff_ids) !== String(copied.rootfs.diff_ids))
    throw new CntnrError("corrupt", `${sourceShown(reference)} was changed while it was read`);
  return putDocument(directories, mediaType.manifest, { ...manifest, config });
}

/** The names that a docker-archive has for its images. */
export async function listArchiveNames(
  reference: ImageReference,
  options: CopyOptions,
): Promise<readonly string[]> {
  const result = await runCommand("skopeo", ["list-tags", reference.source], {
    timeoutMs: listTimeoutMs,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (result.exitCode !== 0) throw explainSkopeoFailure(reference, result);
  const document: unknown = JSON.parse(result.stdout);
  const tags = typeof document === "object" && document && "Tags" in document ? document.Tags : undefined;
  return Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === "string") : [];
}

export function policyArguments({ imagePolicy }: Pick<CopyOptions, "imagePolicy">): string[] {
  if (imagePolicy === undefined) return [];
  return imagePolicy === "insecure" ? ["--insecure-policy"] : ["--policy", imagePolicy];
}

function transportArguments(reference: ImageReference, options: CopyOptions): string[] {
  if (reference.registry === "") return [];
  const verify = options.tlsVerify ?? (isLoopbackRegistry(reference.registry) ? false : undefined);
  // Without the option, registries.conf(5) decides.
  return verify === undefined ? [] : [`--src-tls-verify=${verify}`];
}

interface ArrivalWatch extends Disposable {
  /** Aborted, with a CntnrError, when nothing has come for too long. */
  readonly signal: AbortSignal;
}

/**
 * Looks at the files that skopeo writes in its directory until they are whole: tells how many bytes have arrived, and gives
 * a registry up that sends none. Skopeo itself would wait for ever.
 */
function watchArrival(staging: string, reference: ImageReference, options: CopyOptions): ArrivalWatch {
  const sizes = new Map<string, number>();
  const stalled = new AbortController();
  const timeoutMs = stallTimeoutOf(reference, options);
  let lastBytes = -1;
  let lastArrival = performance.now();
  const timer = setInterval(() => {
    for (const name of readdirSync(staging)) {
      const status = statSync(join(staging, name), { throwIfNoEntry: false });
      if (name.startsWith("oci-put-blob") && status) sizes.set(name, status.size);
    }
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    if (bytes > lastBytes) lastArrival = performance.now();
    else if (performance.now() - lastArrival > timeoutMs)
      stalled.abort(
        new CntnrError(
          "timeout",
          `the registry ${reference.registry} has sent nothing for ${timeoutMs / 1000} s: try again later (registry.stall-timeout in cntnr's config.ini says how long to wait)`,
        ),
      );
    lastBytes = bytes;
    options.onProgress?.({ kind: "received", bytes });
  }, progressIntervalMs);
  return { signal: stalled.signal, [Symbol.dispose]: () => clearInterval(timer) };
}

function stallTimeoutOf({ registry }: ImageReference, options: CopyOptions): number {
  if (registry === "") return Number.POSITIVE_INFINITY;
  return options.stallTimeoutMs ?? loadConfiguration(process.env).stallTimeoutMs;
}

function platformArguments(platform: Platform | undefined): string[] {
  if (!platform) return [];
  const variant = platform.variant === undefined ? [] : [`--override-variant=${platform.variant}`];
  return [`--override-os=${platform.os}`, `--override-arch=${platform.architecture}`, ...variant];
}
