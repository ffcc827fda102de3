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
import type { MadeMount } from "../volume/mount-volumes.ts";
import { noteContainer } from "./container-events.ts";
import { type ContainerId, newContainerId, shortId } from "./container-id.ts";
import type { ContainerOptions, ResolvedMount } from "./container-options.ts";
import { type ContainerRecord, containerPaths, type RecordedMount } from "./container-record.ts";
import { registerContainer, unregisterContainer } from "./container-store.ts";
import { mountsFromOthers } from "./container-volumes.ts";
import { findJoinedContainer } from "./joined-container.ts";
import { currentBootId, ownIdentity } from "./process-identity.ts";
import { parseSignal } from "./signal-name.ts";

/** What `cntnr create` and `cntnr run` make. */
export interface CreateRequest {
  readonly image: string;
  /** Without it a random one. */
  readonly name?: string;
  /** The id is written here; the file must not be there yet. */
  readonly cidFile?: string;
  readonly tlsVerify?: boolean;
  readonly autoRemove: boolean;
  readonly pull: PullPolicy;
  readonly options: ContainerOptions;
  readonly restart: ContainerRecord["restart"];
  readonly stopTimeoutSeconds: number;
}

export interface CreateSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly imagePolicy?: string;
  /** Asked for only when an image has to be pulled. */
  readonly pullReporter: () => Promise<ProgressListener>;
  /** What the container cannot have as the image wants it. */
  readonly onRemark: (text: string) => void;
}

/**
 * Makes a container that is not started. Throws CntnrError; then nothing of the container is left.
 *
 * Order of what is written: the record, which says that there is a container; its bundle, config.json last. Whoever finds a
 * record without a config, and its creator dead, knows that we were killed in between.
 */
export async function createContainer(
  directories: Directories,
  request: CreateRequest,
  surroundings: CreateSurroundings,
  made: Pick<ContainerRecord, "madeBy" | "stdinOnce">,
): Promise<ContainerRecord> {
  using idFile = request.cidFile === undefined ? undefined : reserveIdFile(request.cidFile);
  const mappings = loadIdMappings();
  const joined = findJoinedContainer(directories, request.options);
  const { image, record, mounts } = await register(directories, request, surroundings, mappings, {
    ...made,
    ...(joined ? { joins: joined.id } : {}),
  });
  try {
    const { remarks } = await makeBundle({
      directory: containerPaths(directories, record.id).directory,
      image,
      options: { ...request.options, mounts: await resolveMounts(directories, mounts, image, mappings) },
      mappings,
      defaultHostname: shortId(record.id),
      runDir: directories.run,
      env: surroundings.env,
      ...(joined ? { joined } : {}),
    });
    for (const remark of remarks) surroundings.onRemark(remark);
    idFile?.write(record.id);
    noteContainer(directories, record, "create");
  } catch (error) {
    await unregisterContainer(directories, record.id, record.name);
    const { removeVolumesOf } = await import("./container-volumes.ts");
    await removeVolumesOf(directories, record);
    throw error;
  }
  return record;
}

type MadeHow = Pick<ContainerRecord, "madeBy" | "stdinOnce" | "joins">;

/** From looking for the image until the record is written nobody may collect its layers as garbage. */
async function register(
  directories: Directories,
  request: CreateRequest,
  surroundings: CreateSurroundings,
  mappings: IdMappings,
  how: MadeHow,
): Promise<{ image: LocalImage; record: ContainerRecord; mounts: readonly MadeMount[] }> {
  const permitted = checkNetwork(request.options, surroundings.env);
  using _ = await lockStore(directories, "shared");
  const [image] = await Promise.all([findImage(directories, request, surroundings, mappings), permitted]);
  const id = newContainerId();
  using made = await makeMounts(directories, request.options, image);
  const record = await registerContainer(directories, request.name, (name) =>
    describe(id, name, image, request, { ...how, mounts: made.mounts.map(recordedMount) }),
  );
  return { image, record, mounts: made.mounts };
}

/** The mounts with their volumes, which nobody may remove until it is disposed of: then the record has to name them. */
async function makeMounts(
  directories: Directories,
  { mounts: own, volumesFrom = [] }: ContainerOptions,
  image: LocalImage,
): Promise<Disposable & { readonly mounts: readonly MadeMount[] }> {
  const stack = new DisposableStack();
  const mounts = [...own, ...mountsFromOthers(directories, volumesFrom, own)];
  const dispose = () => stack.dispose();
  if (image.config.volumes.length === 0 && !mounts.some(({ kind }) => kind === "volume"))
    return { mounts: mounts.filter((mount) => mount.kind !== "volume"), [Symbol.dispose]: dispose };
  const [{ lockVolumes }, { makeVolumes }] = await Promise.all([
    import("../volume/volume-store.ts"),
    import("../volume/mount-volumes.ts"),
  ]);
  stack.use(await lockVolumes(directories, "shared"));
  return { mounts: makeVolumes(directories, mounts, image.config.volumes), [Symbol.dispose]: dispose };
}

async function resolveMounts(
  directories: Directories,
  mounts: readonly MadeMount[],
  { layers }: LocalImage,
  mappings: IdMappings,
): Promise<ResolvedMount[]> {
  const resolved = mounts.filter((mount) => mount.kind !== "volume");
  if (resolved.length === mounts.length) return resolved;
  const { resolveVolumes } = await import("../volume/mount-volumes.ts");
  return resolveVolumes(directories, mounts, { layers, mappings });
}

function recordedMount(mount: MadeMount): RecordedMount {
  if (mount.kind === "tmpfs")
    return { kind: "tmpfs", destination: mount.destination, options: mount.options };
  const { destination, readOnly, options } = mount;
  if (mount.kind === "bind") return { kind: "bind", source: mount.source, destination, readOnly, options };
  return { kind: "volume", name: mount.name, destination, readOnly, options };
}

/** Refused before anything is made, and before anything is pulled in vain. */
async function checkNetwork({ network }: ContainerOptions, env: NodeJS.ProcessEnv): Promise<void> {
  if (network.kind !== "netd") return;
  const { checkNetworks } = await import("../network/networks.ts");
  await checkNetworks(network.networks, env);
}

async function findImage(
  directories: Directories,
  request: CreateRequest,
  { imagePolicy, pullReporter }: CreateSurroundings,
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

function describe(
  id: ContainerId,
  name: string,
  image: LocalImage,
  request: CreateRequest,
  made: MadeHow & Pick<ContainerRecord, "mounts">,
): ContainerRecord {
  const { options } = request;
  return {
    version: 1,
    id,
    name,
    image: image.name,
    imageId: image.id,
    command: containerCommand(image.config, options),
    entrypointWords: (options.entrypoint ?? image.config.entrypoint).length,
    createdAt: new Date().toISOString(),
    bootId: currentBootId(),
    creator: ownIdentity(),
    ...made,
    autoRemove: request.autoRemove,
    tty: options.tty,
    stdin: options.stdin,
    stopSignal: options.stopSignal ?? stopSignalOf(image),
    stopTimeoutSeconds: request.stopTimeoutSeconds,
    restart: request.restart,
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
