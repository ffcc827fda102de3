import { CntnrError } from "../errors/cntnr-error.ts";
import type { LocalImage } from "../image/local-image.ts";
import type { ProgressListener } from "../image/progress.ts";
import { ensureImage, type PullPolicy, resolveImage } from "../image/store.ts";
import type { Platform } from "../image/wanted-platform.ts";
import type { Directories } from "../store/directories.ts";
import { type IdMappings, isOwnRoot } from "../userns/id-mappings.ts";
import type { ContainerOptions } from "./container-options.ts";

/** The image that something is to be made of. */
export interface ImageRequest {
  readonly image: string;
  readonly pull: PullPolicy;
  readonly tlsVerify?: boolean;
  /** Which variant of the image; without it the machine's own. */
  readonly platform?: Platform;
}

export interface ImageSurroundings {
  readonly imagePolicy?: string;
  /** Told of a pull, if there has to be one. */
  readonly onProgress?: ProgressListener;
  readonly signal?: AbortSignal;
}

/** The answer to whether the network may be used, which comes while the image is looked for. */
export interface NetworkPermission {
  /** Rejected with the refusal. */
  readonly granted: Promise<void>;
  /** The caller's, and aborted by the refusal: nothing is pulled in vain, and what was begun of a pull is put away. */
  readonly signal: AbortSignal;
}

/** Asks for it before anything is made. */
export function askForNetwork(
  options: Pick<ContainerOptions, "network">,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): NetworkPermission {
  const refusal = new AbortController();
  const granted = checkNetwork(options, env, signal);
  granted.catch((error: unknown) => refusal.abort(error));
  return { granted, signal: signal ? AbortSignal.any([signal, refusal.signal]) : refusal.signal };
}

async function checkNetwork(
  { network }: Pick<ContainerOptions, "network">,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<void> {
  if (network.kind !== "netd") return;
  const { checkNetworks } = await import("../network/networks.ts");
  await checkNetworks(network.networks, env, signal);
}

/** The image from the store, or pulled. Under the store's shared lock. */
export async function findRequestedImage(
  directories: Directories,
  request: ImageRequest,
  { imagePolicy, onProgress, signal }: ImageSurroundings,
  mappings: IdMappings,
): Promise<LocalImage> {
  const isOfStore =
    request.pull !== "always" && !/^(?:oci|oci-archive|docker-archive|dir):/.test(request.image);
  const local = isOfStore ? resolveImage(directories, request.image, mappings) : undefined;
  if (local && isOfPlatform(local, request.platform)) return local;
  // What is there under that name is of another platform.
  if (local && request.pull === "never")
    throw new CntnrError(
      "not-found",
      `${request.image} is in the store for ${local.config.architecture} only`,
    );
  const pull = local && request.pull === "missing" ? "always" : request.pull;
  return ensureImage(directories, request.image, pull, {
    mappings,
    // Where it was unpacked for others, its files would be nobody's.
    sharedUse: isOwnRoot(mappings) ? "in-place" : "copied",
    ...(onProgress ? { onProgress } : {}),
    ...(signal ? { signal } : {}),
    ...(imagePolicy === undefined ? {} : { imagePolicy }),
    ...(request.tlsVerify === undefined ? {} : { tlsVerify: request.tlsVerify }),
    ...(request.platform ? { platform: request.platform } : {}),
  });
}

function isOfPlatform({ config }: LocalImage, platform: Platform | undefined): boolean {
  return !platform || (config.os === platform.os && config.architecture === platform.architecture);
}
