import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeBundle } from "../bundle/make-bundle.ts";
import { containerCommand } from "../bundle/process-plan.ts";
import { makeMounts, recordedMount, resolveMounts } from "../container/container-mounts.ts";
import type { ContainerOptions } from "../container/container-options.ts";
import type { ContainerRecord } from "../container/container-record.ts";
import type { CreateSurroundings } from "../container/create-container.ts";
import { publishExposed } from "../container/publish-exposed.ts";
import { askForNetwork, findRequestedImage, type ImageRequest } from "../container/requested-image.ts";
import { groupsToSet, isEntered } from "../container/user-namespace.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { LocalImage } from "../image/local-image.ts";
import { findConcessions } from "../nesting/find-concessions.ts";
import { type Concessions, withConcededFlags } from "../nesting/plan-concessions.ts";
import type { Directories } from "../store/directories.ts";
import { replaceFile } from "../store/replace-file.ts";
import { lockStore } from "../store/store-lock.ts";
import { sha256Hex } from "../sys/random.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { findIdMappings } from "../userns/load-id-mappings.ts";
import { removeTree } from "../userns/remove-tree.ts";
import type { MadeMount } from "../volume/mount-volumes.ts";
import { endContainersOf } from "./bundle-containers.ts";
import {
  type BundlePlace,
  type BundleRecord,
  bundleRecordPath,
  isWhole,
  lockBundle,
  placeOfBundle,
  readBundle,
} from "./bundle-record.ts";

/** One `cntnr bundle create`. */
export interface BundleRequest extends ImageRequest {
  /** NAME or DIR. */
  readonly bundle: string;
  readonly ifThere: "refuse" | "update";
  readonly options: ContainerOptions;
  readonly runtimeFlags: ContainerRecord["runtimeFlags"];
  /** `copy`: the bundle does not need the store. */
  readonly root: "overlay" | "copy";
  /** Whether what a container has written stays when the image is another one. */
  readonly changes: "kept" | "dropped";
}

export interface BundleResult {
  readonly record: BundleRecord;
  readonly outcome: "created" | "updated" | "unchanged";
}

/**
 * Makes a bundle, or changes it where it does not follow from the request any more. Throws CntnrError, and the reason of
 * `surroundings.signal` before anything is changed; a new bundle is then gone, one
 * that could not be changed is not whole and is made anew by the next call.
 */
export async function createBundle(
  directories: Directories,
  asked: BundleRequest,
  surroundings: CreateSurroundings,
): Promise<BundleResult> {
  const place = placeOfBundle(directories, asked.bundle);
  refuseSharing(asked.options);
  using _ = lockBundle(directories, place.name);
  await endContainersOf(directories, place);
  const existing = readBundle(directories, place.name);
  if (existing && isWhole(existing) && asked.ifThere === "refuse")
    throw new CntnrError("conflict", `there is a bundle ${place.name} already: --update changes it`);
  checkPlace(place, existing);
  const { mappings, reason } = findIdMappings();
  if (reason !== undefined) surroundings.onDetail(`sub-ids are not used: ${reason}`);
  const addedGroups = groupsToSet(asked.options, mappings, undefined);
  if (isEntered({ ...(addedGroups ? { addedGroups } : {}) }))
    throw new CntnrError(
      "unsupported",
      "--group-add: a bundle runs with plain runc, which sets groups for root alone; -u USER:GROUP chooses the main one",
    );
  const concessions = await findConcessions(directories, mappings);
  const { granted, signal } = askForNetwork(asked.options, surroundings.env, surroundings.signal);
  using _store = await lockStore(directories, "shared", { signal });
  const image = await findRequestedImage(directories, asked, { ...surroundings, signal }, mappings);
  await granted;
  const network = publishExposed(asked.options.network, image.config.exposedPorts);
  if (network !== asked.options.network) await askForNetwork({ network }, surroundings.env, signal).granted;
  const request = {
    ...asked,
    options: { ...asked.options, network },
    runtimeFlags: withConcededFlags(asked.runtimeFlags, concessions),
  };
  const inputs = sumOfInputs(request, image, mappings, concessions);
  if (existing && isWhole(existing) && existing.inputs === inputs)
    return { record: existing, outcome: "unchanged" };
  using made = await makeMounts(directories, request.options, image);
  surroundings.signal?.throwIfAborted();
  const record = describe(place, request, image, inputs, made.mounts, existing);
  replaceFile(directories, bundleRecordPath(directories, place.name), JSON.stringify(record));
  try {
    await build(directories, record, existing, {
      request,
      image,
      mappings,
      mounts: made.mounts,
      concessions,
      surroundings,
    });
    // What was begun to be changed is changed.
    if (!existing) surroundings.signal?.throwIfAborted();
  } catch (error) {
    if (!existing) await removeBundleFiles(directories, record, mappings);
    throw error;
  }
  return { record, outcome: existing ? "updated" : "created" };
}

/** A container that is to run now can be joined; a bundle is for later. */
function refuseSharing({ pid, ipc, uts, userns, network }: ContainerOptions): void {
  if (userns?.kind === "keep-id")
    throw new CntnrError(
      "unsupported",
      "--userns keep-id: a bundle runs with plain runc, which makes no such user namespace for users",
    );
  if ([pid, ipc, uts, userns, network].some((source) => source?.kind === "container"))
    throw new CntnrError(
      "usage",
      "a bundle cannot share namespaces of a container, which may be gone when it runs",
    );
}

/** A directory that is not ours may be anything. */
function checkPlace({ directory }: BundlePlace, existing: BundleRecord | undefined): void {
  if (existing || !existsSync(directory) || readdirSync(directory).length === 0) return;
  throw new CntnrError("conflict", `${directory} is there already and is no bundle of yours`);
}

/** A sum of all that a bundle follows from. */
function sumOfInputs(
  { options, root, runtimeFlags }: BundleRequest,
  image: LocalImage,
  mappings: IdMappings,
  { shared }: Concessions,
): string {
  const { manifestDigest, layers } = image;
  const inputs = {
    ...{ version: 1, image: manifestDigest, layers, options, runtimeFlags, root, mappings },
    ...(shared.size > 0 ? { shared: [...shared.keys()] } : {}),
  };
  return sha256Hex(JSON.stringify(inputs));
}

function describe(
  { name, directory }: BundlePlace,
  { options, root, runtimeFlags }: BundleRequest,
  image: LocalImage,
  inputs: string,
  mounts: readonly MadeMount[],
  existing: BundleRecord | undefined,
): BundleRecord {
  const now = new Date().toISOString();
  return {
    version: 1,
    name,
    directory,
    image: image.name,
    imageId: image.id,
    command: containerCommand(image.config, options),
    createdAt: existing?.createdAt ?? now,
    updatedAt: now,
    inputs,
    root,
    runtimeFlags,
    tty: options.tty,
    stdin: options.stdin,
    mounts: mounts.map(recordedMount),
    layers: root === "copy" ? [] : image.layers,
  };
}

interface Ingredients {
  readonly request: BundleRequest;
  readonly image: LocalImage;
  readonly mappings: IdMappings;
  readonly mounts: readonly MadeMount[];
  readonly concessions: Concessions;
  readonly surroundings: CreateSurroundings;
}

async function build(
  directories: Directories,
  record: BundleRecord,
  existing: BundleRecord | undefined,
  { request, image, mappings, mounts, concessions, surroundings }: Ingredients,
): Promise<void> {
  const { directory } = record;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const wasWhole = existing !== undefined && isWhole(existing);
  rmSync(join(directory, "config.json"), { force: true });
  const isSameRoot = wasWhole && existing.imageId === record.imageId && existing.root === record.root;
  const keepsRoot = isSameRoot || (wasWhole && request.changes === "kept" && existing.root === record.root);
  if (!keepsRoot) await removeRoot(directory, mappings);
  const { remarks, details } = await makeBundle({
    directory,
    image,
    options: { ...request.options, mounts: await resolveMounts(directories, mounts, image, mappings) },
    mappings,
    defaultHostname: record.name.replace(/[^a-zA-Z0-9-]/g, "-").slice(0, 63),
    runDir: directories.run,
    env: surroundings.env,
    concessions,
    rootKind: record.root,
    isRootThere: keepsRoot,
  });
  for (const remark of remarks) surroundings.onRemark(remark);
  for (const detail of details) surroundings.onDetail(detail);
}

const rootParts = ["upper", "work", "rootfs", "rootfs-snapshot"];

async function removeRoot(directory: string, mappings: IdMappings): Promise<void> {
  for (const part of rootParts) await removeTree(join(directory, part), mappings);
}

/** Removes a bundle and its record. Under its lock. */
export async function removeBundleFiles(
  directories: Directories,
  { name, directory }: BundlePlace,
  mappings: IdMappings,
): Promise<void> {
  rmSync(join(directory, "config.json"), { force: true });
  await removeTree(directory, mappings);
  rmSync(bundleRecordPath(directories, name), { force: true });
}
