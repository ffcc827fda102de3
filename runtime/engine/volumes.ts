import { usedVolumes } from "../container/container-volumes.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { PrunedVolume } from "../volume/remove-volumes.ts";
import type { VolumeRecord } from "../volume/volume-store.ts";
import type { EngineContext, WaitOptions } from "./context.ts";
import { volumeRemoval } from "./volume-users.ts";

/** A volume: what is known of it, and the directory in which its files are. */
export interface Volume extends VolumeRecord {
  readonly directory: string;
}

export interface VolumeOptions {
  readonly labels?: Readonly<Record<string, string>>;
  /** Docker's options of the local driver: type (none, tmpfs), o, device (an absolute path). */
  readonly options?: Readonly<Partial<Record<"type" | "o" | "device", string>>>;
}

/** Volumes of this user. All methods throw CntnrError. */
export class Volumes {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Makes a volume, or finds the one of that name; without a name one that is called by a random one. Throws `conflict` for other options. */
  async create(name?: string, { labels = {}, options = {} }: VolumeOptions = {}): Promise<Volume> {
    const { createVolume, newAnonymousName } = await import("../volume/volume-store.ts");
    checkOptions(options);
    const volume = createVolume(this.#context.directories, {
      name: name ?? newAnonymousName(),
      anonymous: name === undefined,
      labels,
      options: Object.fromEntries(Object.entries(options)),
    });
    return this.#describe(volume);
  }

  /** All of them, by name; one that is damaged does not hide the others. */
  async list(): Promise<{ readonly volumes: readonly Volume[]; readonly damaged: readonly CntnrError[] }> {
    const { listVolumes } = await import("../volume/volume-store.ts");
    const { volumes, damaged } = listVolumes(this.#context.directories);
    return { volumes: await Promise.all(volumes.map((volume) => this.#describe(volume))), damaged };
  }

  /** Throws `not-found`. */
  async inspect(name: string): Promise<Volume> {
    const { findVolume } = await import("../volume/volume-store.ts");
    return this.#describe(findVolume(this.#context.directories, name));
  }

  async #describe(volume: VolumeRecord): Promise<Volume> {
    const { volumePaths } = await import("../volume/volume-store.ts");
    const { options, name } = volume;
    return { ...volume, directory: options.device ?? volumePaths(this.#context.directories, name).data };
  }

  /** Room that the files take that it has in the store, in bytes. Throws `not-found`. */
  async size(name: string): Promise<number> {
    const [{ bytesBelow }, { findVolume, volumePaths }] = await Promise.all([
      import("../container/container-size.ts"),
      import("../volume/volume-store.ts"),
    ]);
    const { directories } = this.#context;
    return bytesBelow(volumePaths(directories, findVolume(directories, name).name).data);
  }

  /** Names of volumes that containers and bundles use, with who does. */
  async used(): Promise<ReadonlyMap<string, string>> {
    return usedVolumes(this.#context.directories);
  }

  /** Removes a volume that nobody uses. Throws `conflict`, `not-found`. */
  async remove(name: string): Promise<void> {
    const { removeVolume } = await import("../volume/remove-volumes.ts");
    await removeVolume(this.#context.directories, name, volumeRemoval(this.#context.directories));
  }

  /** Removes all volumes that nobody uses and that are wanted away: by default the anonymous ones. */
  async prune(
    isWanted: (volume: VolumeRecord) => boolean = ({ anonymous }) => anonymous,
    options: WaitOptions = {},
  ): Promise<PrunedVolume[]> {
    const { pruneVolumes } = await import("../volume/remove-volumes.ts");
    const { signal } = this.#context.waiting(options);
    return pruneVolumes(
      this.#context.directories,
      isWanted,
      volumeRemoval(this.#context.directories),
      signal,
    );
  }
}

function checkOptions({ type = "none", device }: NonNullable<VolumeOptions["options"]>): void {
  if (type !== "none" && type !== "tmpfs")
    throw new CntnrError(
      "unsupported",
      `-o type=${type}: only root may mount that; there are none and tmpfs`,
    );
  if (type === "none" && device !== undefined && !device.startsWith("/"))
    throw new CntnrError("usage", `-o device=${device}: the directory is not absolute`);
}
