import { join } from "node:path";
import { changesOf } from "../build/plan/changes.ts";
import { type Settings, withSetting } from "../build/plan/settings.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import { addImage } from "../image/add-image.ts";
import { commitDirectory, type NewLayer } from "../image/commit-layer.ts";
import type { LocalImage } from "../image/local-image.ts";
import type { Descriptor } from "../image/oci-documents.ts";
import { parseImageReference } from "../image/reference.ts";
import { ownImage } from "../image/shared-image.ts";
import type { Compression } from "../layer/compression.ts";
import type { Directories } from "../store/directories.ts";
import { lockStore } from "../store/store-lock.ts";
import { type BundleConfig, readBundleConfig } from "./bundle-config.ts";
import { withChangedFiles } from "./changed-files.ts";
import { noteContainer } from "./container-events.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";
import { whileThere } from "./container-store.ts";
import { pauseForWork } from "./pause-container.ts";
import { mappingsOf } from "./user-namespace.ts";

export interface CommitRequest {
  /** REPOSITORY[:TAG]; without it the image has only its id. */
  readonly name?: string;
  readonly author?: string;
  readonly message?: string;
  /** Instructions of a Dockerfile that change settings: CMD, ENV, LABEL, ... */
  readonly changes: readonly string[];
  /** Stop the container's processes meanwhile. */
  readonly pauses: boolean;
  /** How the new layer is stored. Not at all is the fastest, and a push compresses it. */
  readonly compression: Compression;
  readonly onRemark: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes an image of what a container has become: its image, a layer with what it has changed, and its settings. What is mounted into it
 * is not part of it. Throws CntnrError.
 */
export async function commitContainer(
  directories: Directories,
  record: ContainerRecord,
  request: CommitRequest,
): Promise<LocalImage> {
  const name = request.name === undefined ? undefined : imageName(request.name);
  const config = readBundleConfig(directories, record);
  if (!config) throw new CntnrError("conflict", `container ${record.name} is still being made`);
  const change = changesOf(request.changes);
  const options = request.signal ? { signal: request.signal } : {};
  await using _ = request.pauses ? await pauseForWork(directories, record, request.signal) : undefined;
  // Until the image refers to it, nothing does.
  using _lock = await lockStore(directories, "shared", options);
  const { layer, base } = await whileThere(directories, record, () =>
    packContainer(directories, record, config, { compression: request.compression, ...options }),
  );
  for (const remark of layer.remarks) request.onRemark(remark);
  const created = new Date().toISOString();
  const image = await addImage(
    directories,
    {
      ...(base ? { base } : {}),
      steps: [
        {
          history: {
            created,
            created_by: record.command.join(" "),
            ...(request.author === undefined ? {} : { author: request.author }),
            ...(request.message === undefined ? {} : { comment: request.message }),
          },
          layer,
        },
      ],
      configure: (document) => ({
        ...document,
        created,
        ...(request.author === undefined ? {} : { author: request.author }),
        config: change(settingsOf(record, config, document.config ?? {})),
      }),
    },
    name === undefined ? [] : [name],
    options,
  );
  noteContainer(directories, record, "commit", { imageID: image.id });
  return image;
}

function imageName(text: string): string {
  const { transport, name } = parseImageReference(text);
  if (transport === "plain" && !name.includes("@")) return name;
  throw new CntnrError("usage", `"${text}": an image's name is written NAME[:TAG]`);
}

/** What the container has changed, on its image; or all of its files, where they are a copy. */
async function packContainer(
  directories: Directories,
  record: ContainerRecord,
  config: BundleConfig,
  options: { readonly compression: Compression; readonly signal?: AbortSignal },
): Promise<{ readonly layer: NewLayer; readonly base: Descriptor | undefined }> {
  const mappings = mappingsOf(record);
  const mountPoints = config.mounts.map(({ destination }) => destination);
  const common = { mappings, mountPoints, ...options };
  const changed = await withChangedFiles(directories, record, async (upper) => {
    const base = (await ownImage(directories, record.imageId, options))?.manifest;
    if (!base)
      throw new CntnrError(
        "not-found",
        `image ${record.image} of container ${record.name} is not in the store any more, and a new one would be based on it`,
      );
    const layer = await commitDirectory(directories, upper, { ...common, lowers: record.layers });
    return { layer, base };
  });
  if (changed) return changed;
  const root = join(containerPaths(directories, record.id).directory, config.root.path);
  return { layer: await commitDirectory(directories, root, { ...common, lowers: [] }), base: undefined };
}

/** The image's settings with what `run` was told; what the engine itself adds to each environment is not the image's. */
function settingsOf(record: ContainerRecord, config: BundleConfig, base: Settings): Settings {
  const entrypoint = record.command.slice(0, record.entrypointWords);
  const cmd = record.command.slice(record.entrypointWords);
  const { uid, gid } = config.process.user;
  const settings = withSetting(
    withSetting(base, "Entrypoint", entrypoint.length > 0 ? entrypoint : undefined),
    "Cmd",
    cmd.length > 0 ? cmd : undefined,
  );
  return {
    ...settings,
    Env: environmentOf(config, base.Env ?? []),
    WorkingDir: config.process.cwd,
    Labels: { ...record.labels },
    ...(uid === 0 && gid === 0 ? {} : { User: base.User || `${uid}:${gid}` }),
  };
}

const engines = new Set(["HOSTNAME", "HOME", "TERM"]);

function environmentOf({ process }: BundleConfig, base: readonly string[]): string[] {
  const nameOf = (text: string) => text.split("=", 1)[0] ?? "";
  const known = new Set(base.map(nameOf));
  return process.env.filter((text) => known.has(nameOf(text)) || !engines.has(nameOf(text)));
}
