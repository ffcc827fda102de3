import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { makeBundle } from "../bundle/make-bundle.ts";
import { containerCommand } from "../bundle/process-plan.ts";
import { CntnrError, hasErrno, reasonOf } from "../errors/cntnr-error.ts";
import { type HealthOptions, planHealthCheck } from "../health/health-check.ts";
import type { LocalImage } from "../image/local-image.ts";
import { findConcessions } from "../nesting/find-concessions.ts";
import { withConcededFlags } from "../nesting/plan-concessions.ts";
import type { Directories } from "../store/directories.ts";
import { lockStore } from "../store/store-lock.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { type KeptIds, keepIds } from "../userns/keep-ids.ts";
import { findIdMappings } from "../userns/load-id-mappings.ts";
import type { MadeMount } from "../volume/mount-volumes.ts";
import { noteContainer } from "./container-events.ts";
import { type ContainerId, newContainerId, shortId } from "./container-id.ts";
import { makeMounts, recordedMount, resolveMounts } from "./container-mounts.ts";
import type { ContainerOptions, ResolvedMount } from "./container-options.ts";
import { type ContainerRecord, containerPaths, recordVersion } from "./container-record.ts";
import { registerContainer, unregisterContainer } from "./container-store.ts";
import { findJoinedContainer, withHostsOfJoined } from "./joined-container.ts";
import { findOtherRuntime } from "./other-runtime.ts";
import { currentBootId, ownIdentity } from "./process-identity.ts";
import { publishExposed } from "./publish-exposed.ts";
import {
  askForNetwork,
  findRequestedImage,
  type ImageRequest,
  type ImageSurroundings,
} from "./requested-image.ts";
import { ensureSharedMemory, sharedMemory, sharedMemoryMount } from "./shared-memory.ts";
import { parseSignal } from "./signal-name.ts";
import { groupsToSet, isEntered, keptIdsOf } from "./user-namespace.ts";

/** What `cntnr create` and `cntnr run` make. */
export interface CreateRequest extends ImageRequest {
  /** Without it a random one. */
  readonly name?: string;
  /** The id is written here; the file must not be there yet. */
  readonly cidFile?: string;
  readonly autoRemove: boolean;
  readonly options: ContainerOptions;
  readonly runtimeFlags: ContainerRecord["runtimeFlags"];
  readonly log: ContainerRecord["log"];
  /** "80/tcp": where it is said to listen, beyond what the image says. */
  readonly exposedPorts: readonly string[];
  /** Another runc than that in PATH, by name or path. */
  readonly runtime?: string;
  readonly restart: ContainerRecord["restart"];
  readonly stopTimeoutSeconds: number;
  readonly health: HealthOptions;
  readonly sdnotify: ContainerRecord["sdnotify"];
  /** The words that say all this, for units of systemd that make the container anew. */
  readonly createWords?: readonly string[];
}

/** What making a container needs beside the request. */
export interface CreateSurroundings extends ImageSurroundings {
  readonly env: NodeJS.ProcessEnv;
  /** What the container cannot have as the image wants it. */
  readonly onRemark: (text: string) => void;
  /** How it is made differently from what is usual, and why. */
  readonly onDetail: (text: string) => void;
  /** Called when the container is made, and not yet started. */
  readonly onMade?: (id: ContainerId) => void;
}

/**
 * Makes a container that is not started. Throws CntnrError, and the reason of `surroundings.signal`; then nothing of the container is left.
 *
 * Order of what is written: the record, which says that there is a container; its bundle, config.json last. Whoever finds a
 * record without a config, and its creator dead, knows that we were killed in between.
 */
export async function createContainer(
  directories: Directories,
  asked: CreateRequest,
  surroundings: CreateSurroundings,
  made: Pick<ContainerRecord, "madeBy" | "stdinOnce">,
): Promise<ContainerRecord> {
  const options = withHostsOfJoined(directories, asked.options);
  const joined = findJoinedContainer(directories, options);
  const keptIds = keptIdsOf(options, joined?.record);
  const request = { ...asked, options: asKeptUser(options, keptIds) };
  using idFile = request.cidFile === undefined ? undefined : reserveIdFile(request.cidFile);
  const { mappings: usual, reason } = findIdMappings();
  const mappings = keptIds ? keepIds(usual, keptIds) : usual;
  if (reason !== undefined) surroundings.onDetail(`sub-ids are not used: ${reason}`);
  const concessions = await findConcessions(directories, mappings);
  const runtime = request.runtime === undefined ? undefined : await findOtherRuntime(request.runtime);
  const memoryOwner = request.options.ipc?.kind === "container" ? joined?.record : undefined;
  const addedGroups = groupsToSet(request.options, mappings, keptIds);
  const { image, record, mounts } = await register(directories, request, surroundings, mappings, {
    ...made,
    ...(addedGroups ? { addedGroups } : {}),
    ...(keptIds ? { keptIds } : {}),
    runtimeFlags: withConcededFlags(request.runtimeFlags, concessions),
    ...(runtime === undefined ? {} : { runtime }),
    ...(joined ? { joins: joined.id } : {}),
    ...(memoryOwner?.sharedMemory ? { sharedMemory: memoryOwner.sharedMemory } : {}),
  });
  if (memoryOwner && record.sharedMemory === undefined)
    surroundings.onRemark(
      `/dev/shm is not that of ${memoryOwner.name}: only a container with --ipc shareable shares it`,
    );
  try {
    surroundings.signal?.throwIfAborted();
    ensureSharedMemory(record);
    const { remarks, details } = await makeBundle({
      directory: containerPaths(directories, record.id).directory,
      image,
      options: withNotifySocket(directories, record, {
        ...request.options,
        network: record.network,
        mounts: [
          ...(record.sharedMemory === undefined ? [] : [sharedMemoryMount(record.sharedMemory)]),
          ...(await resolveMounts(directories, mounts, image, mappings)),
        ],
      }),
      mappings,
      defaultHostname: shortId(record.id),
      runDir: directories.run,
      env: surroundings.env,
      concessions,
      ...(addedGroups ? { addedGroups } : {}),
      ...(keptIds ? { keptIds } : {}),
      ...(isEntered(record) ? { userNamespace: "entered" } : {}),
      ...(joined ? { joined } : {}),
    });
    surroundings.signal?.throwIfAborted();
    for (const remark of remarks) surroundings.onRemark(remark);
    for (const detail of details) surroundings.onDetail(detail);
    idFile?.write(record.id);
    noteContainer(directories, record, "create");
  } catch (error) {
    await unregisterContainer(directories, record.id, record.name);
    const { removeVolumesOf } = await import("./container-volumes.ts");
    await removeVolumesOf(directories, record);
    throw error;
  }
  surroundings.onMade?.(record.id);
  return record;
}

/** Without `-u` it runs as the user that he is there, as podman has it. */
function asKeptUser(options: ContainerOptions, keptIds: KeptIds | undefined): ContainerOptions {
  if (options.userns?.kind !== "keep-id" || !keptIds) return options;
  return { user: `${keptIds.uid}:${keptIds.gid}`, ...options };
}

/** Where a container says that it is ready; conmon listens there and passes it on. The runtime's own way has paths that are too long. */
function withNotifySocket<
  O extends { readonly env: readonly string[]; readonly mounts: readonly ResolvedMount[] },
>(directories: Directories, { id, sdnotify }: ContainerRecord, options: O): O {
  if (sdnotify !== "container") return options;
  const { notify } = containerPaths(directories, id);
  mkdirSync(notify, { mode: 0o755 });
  const place = "/run/notify";
  const mount = { kind: "bind", source: notify, destination: place, readOnly: true, options: [] } as const;
  return {
    ...options,
    env: [...options.env, `NOTIFY_SOCKET=${place}/notify.sock`],
    mounts: [...options.mounts, mount],
  };
}

type MadeHow = Pick<
  ContainerRecord,
  "madeBy" | "stdinOnce" | "joins" | "runtimeFlags" | "sharedMemory" | "runtime" | "addedGroups" | "keptIds"
>;

/** From looking for the image until the record is written nobody may collect its layers as garbage. */
async function register(
  directories: Directories,
  request: CreateRequest,
  surroundings: CreateSurroundings,
  mappings: IdMappings,
  how: MadeHow,
): Promise<{ image: LocalImage; record: ContainerRecord; mounts: readonly MadeMount[] }> {
  const { granted, signal } = askForNetwork(request.options, surroundings.env, surroundings.signal);
  using _ = await lockStore(directories, "shared", { signal });
  const image = await findRequestedImage(directories, request, { ...surroundings, signal }, mappings);
  await granted;
  const exposedPorts = [...new Set([...image.config.exposedPorts, ...request.exposedPorts])];
  const network = publishExposed(request.options.network, exposedPorts);
  if (network !== request.options.network) await askForNetwork({ network }, surroundings.env, signal).granted;
  const id = newContainerId();
  using made = await makeMounts(directories, request.options, image);
  const record = await registerContainer(directories, request.name, (name) =>
    describe(id, name, image, request, {
      ...how,
      network,
      exposedPorts,
      mounts: made.mounts.map(recordedMount),
    }),
  );
  return { image, record, mounts: made.mounts };
}

function describe(
  id: ContainerId,
  name: string,
  image: LocalImage,
  request: CreateRequest,
  made: MadeHow & Pick<ContainerRecord, "mounts" | "network" | "exposedPorts">,
): ContainerRecord {
  const { options } = request;
  const health = planHealthCheck(image.config.healthcheck, request.health);
  return {
    version: recordVersion,
    id,
    name,
    image: image.name,
    imageId: image.id,
    command: containerCommand(image.config, options),
    entrypointWords: (options.entrypoint ?? image.config.entrypoint).length,
    createdAt: new Date().toISOString(),
    bootId: currentBootId(),
    creator: ownIdentity(),
    ...(options.isIpcShareable ? { sharedMemory: sharedMemory(id) } : {}),
    ...made,
    autoRemove: request.autoRemove,
    tty: options.tty,
    stdin: options.stdin,
    stopSignal: options.stopSignal ?? stopSignalOf(image),
    stopTimeoutSeconds: request.stopTimeoutSeconds,
    restart: request.restart,
    ...(health ? { health } : {}),
    sdnotify: request.sdnotify,
    createWords: request.createWords ?? [],
    sharesProcesses: options.pid !== undefined,
    labels: { ...image.config.labels, ...options.labels },
    log: request.log,
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
    throw new CntnrError("engine", `--cidfile ${path}: ${reasonOf(error)}`, { cause: error });
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
