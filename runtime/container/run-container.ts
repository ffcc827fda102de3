import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { makeBundle } from "../bundle/make-bundle.ts";
import { containerCommand } from "../bundle/process-plan.ts";
import { CntnrError, hasErrno, messageOf } from "../errors/cntnr-error.ts";
import type { LocalImage } from "../image/local-image.ts";
import type { ProgressListener } from "../image/progress.ts";
import { ensureImage, type PullPolicy, resolveImage } from "../image/store.ts";
import type { Directories } from "../store/directories.ts";
import { lockStore } from "../store/store-lock.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { type ContainerId, newContainerId, shortId } from "./container-id.ts";
import type { ContainerOptions } from "./container-options.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";
import { registerContainer, unregisterContainer } from "./container-store.ts";
import { currentBootId, ownIdentity } from "./process-identity.ts";
import { checkTerminal, runForeground } from "./run-foreground.ts";
import { parseSignal } from "./signal-name.ts";

/** One `cntnr run`. */
export interface RunRequest {
  readonly image: string;
  /** Without it a random one. */
  readonly name?: string;
  /** The id is written here; the file must not be there yet. */
  readonly cidFile?: string;
  readonly tlsVerify?: boolean;
  readonly detach: boolean;
  readonly autoRemove: boolean;
  readonly pull: PullPolicy;
  readonly options: ContainerOptions;
}

export interface RunSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly imagePolicy?: string;
  /** Asked for only when an image has to be pulled. */
  readonly pullReporter: () => Promise<ProgressListener>;
  /** What the container cannot have as the image wants it. */
  readonly onRemark: (text: string) => void;
}

export type RunResult =
  | { readonly kind: "ended"; readonly exitCode: number }
  | { readonly kind: "detached"; readonly id: ContainerId };

const sweepAfterMs = 500;

/**
 * Makes a container and runs it: in the foreground until it has ended, or in the background. Throws CntnrError; then nothing
 * of the container is left.
 *
 * Order of what is written: the record, which says that there is a container; its bundle; then processes. Whoever finds a record
 * whose creator is dead and which has no process knows that we were killed in between.
 */
export async function runContainer(
  directories: Directories,
  request: RunRequest,
  surroundings: RunSurroundings,
): Promise<RunResult> {
  if (!request.detach) checkTerminal(request.options);
  using idFile = request.cidFile === undefined ? undefined : reserveIdFile(request.cidFile);
  const mappings = loadIdMappings();
  const { image, record } = await register(directories, request, surroundings, mappings);
  const bundle = containerPaths(directories, record.id).directory;
  try {
    const remarks = await makeBundle({
      directory: bundle,
      image,
      options: request.options,
      mappings,
      defaultHostname: shortId(record.id),
      runDir: directories.run,
      env: surroundings.env,
    });
    for (const remark of remarks) surroundings.onRemark(remark);
    idFile?.write(record.id);
  } catch (error) {
    await unregisterContainer(directories, record.id, record.name);
    throw error;
  }
  if (request.detach) {
    const { runDetached } = await import("./run-detached.ts");
    await runDetached(directories, record, bundle);
    return { kind: "detached", id: record.id };
  }
  using _ = sweepLater(directories);
  return { kind: "ended", exitCode: await runForeground(directories, record, bundle) };
}

/** From looking for the image until the record is written nobody may collect its layers as garbage. */
async function register(
  directories: Directories,
  request: RunRequest,
  surroundings: RunSurroundings,
  mappings: IdMappings,
): Promise<{ image: LocalImage; record: ContainerRecord }> {
  const permitted = checkNetwork(request.options, surroundings.env);
  using _ = await lockStore(directories, "shared");
  const [image] = await Promise.all([findImage(directories, request, surroundings, mappings), permitted]);
  const id = newContainerId();
  const record = await registerContainer(directories, request.name, (name) =>
    describe(id, name, image, request),
  );
  return { image, record };
}

/** Refused before anything is made, and before anything is pulled in vain. */
async function checkNetwork({ network }: ContainerOptions, env: NodeJS.ProcessEnv): Promise<void> {
  if (network.kind !== "netd") return;
  const { checkNetworks } = await import("../network/networks.ts");
  await checkNetworks(network.networks, env);
}

async function findImage(
  directories: Directories,
  request: RunRequest,
  { imagePolicy, pullReporter }: RunSurroundings,
  mappings: IdMappings,
): Promise<LocalImage> {
  const isOfStore =
    request.pull !== "always" && !/^(?:oci|oci-archive|docker-archive|dir):/.test(request.image);
  const local = isOfStore ? resolveImage(directories, request.image, mappings) : undefined;
  if (local) return local;
  return ensureImage(directories, request.image, request.pull, {
    mappings,
    onProgress: await pullReporter(),
    ...(imagePolicy === undefined ? {} : { imagePolicy }),
    ...(request.tlsVerify === undefined ? {} : { tlsVerify: request.tlsVerify }),
  });
}

function describe(id: ContainerId, name: string, image: LocalImage, request: RunRequest): ContainerRecord {
  const { options } = request;
  return {
    version: 1,
    id,
    name,
    image: image.name,
    imageId: image.id,
    command: containerCommand(image.config, options),
    createdAt: new Date().toISOString(),
    bootId: currentBootId(),
    creator: ownIdentity(),
    detached: request.detach,
    autoRemove: request.autoRemove,
    tty: options.tty,
    stdin: options.stdin,
    stopSignal: options.stopSignal ?? stopSignalOf(image),
    labels: { ...image.config.labels, ...options.labels },
    network: options.network,
    layers: image.layers,
  };
}

/** An image may say anything. */
function stopSignalOf({ config: { stopSignal = "" } }: LocalImage): string {
  try {
    parseSignal(stopSignal);
    return stopSignal;
  } catch (error) {
    if (error instanceof CntnrError) return "SIGTERM";
    throw error;
  }
}

/** Creates the file of `--cidfile` at once, so that of two who want it one is refused; removes it when it stays empty. */
function reserveIdFile(path: string): Disposable & { write(id: ContainerId): void } {
  let fd: number;
  try {
    fd = openSync(path, "wx", 0o644);
  } catch (error) {
    if (hasErrno(error, "EEXIST"))
      throw new CntnrError(
        "conflict",
        `--cidfile ${path}: the file is there already; remove it or choose another name`,
      );
    throw new CntnrError("engine", `--cidfile: ${messageOf(error)}`, { cause: error });
  }
  let isWritten = false;
  return {
    write(id) {
      writeSync(fd, id);
      isWritten = true;
    },
    [Symbol.dispose]() {
      closeSync(fd);
      if (!isWritten) rmSync(path, { force: true });
    },
  };
}

/** Cleans up after others while our container runs, so that it costs a short one nothing. */
function sweepLater(directories: Directories): Disposable {
  const timer = setTimeout(async () => {
    const { sweep } = await import("./sweep.ts");
    await sweep(directories).catch(() => {
      // It is a favour: `cntnr ps` will say what is wrong.
    });
  }, sweepAfterMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
