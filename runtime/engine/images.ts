import type { BuildOutput } from "../build/build-request.ts";
import type { Garbage } from "../image/collect-garbage.ts";
import type { Expiry } from "../image/expire-images.ts";
import { findImage, type IndexedImage } from "../image/find-image.ts";
import type { HistoryStep, ImageDetails } from "../image/image-details.ts";
import type { ImageSummary } from "../image/list-images.ts";
import type { Digest, LocalImage } from "../image/local-image.ts";
import type { ProgressListener } from "../image/progress.ts";
import type { Removal } from "../image/remove-image.ts";
import type { ExpiredName, RetentionLimits } from "../image/retention.ts";
import type { ArchiveFormat } from "../image/save-images.ts";
import type { StoredImage } from "../image/shared-image.ts";
import type { CopyOptions } from "../image/skopeo.ts";
import type { Verification, VerifyOptions as VerificationOptions } from "../image/verify-store.ts";
import type { EngineContext, WaitOptions } from "./context.ts";
import type { Build, BuildOptions } from "./image-builds.ts";

/** A name of an image, for a list. */
export interface ListedImage extends ImageSummary {
  /** It is of an additional store, which is only read. */
  readonly isShared: boolean;
}

export type VerifyOptions = WaitOptions & Pick<VerificationOptions, "unpacked">;

/** How images are fetched. */
export interface PullOptions
  extends WaitOptions,
    Pick<CopyOptions, "tlsVerify" | "platform" | "stallTimeoutMs" | "onProgress"> {}

/** How images are sent. */
export interface PushOptions extends WaitOptions, Pick<CopyOptions, "tlsVerify" | "onProgress"> {}

/** What was sent, and where it is now. */
export interface PushedImage {
  /** docker://HOST/NAME:TAG, or another place. */
  readonly destination: string;
  /** Of the manifest there. */
  readonly digest: Digest;
  /** Of the manifest here. */
  readonly sizeBytes: number;
}

export interface ImportOptions extends WaitOptions {
  readonly comment?: string | undefined;
  readonly changes?: readonly string[];
  readonly onProgress?: ProgressListener;
}

/** What a prune has removed. */
export interface PrunedImages {
  /** Names that are gone, of images without a name "". */
  readonly names: readonly string[];
  /** Ids of the images that are gone. */
  readonly ids: readonly Digest[];
  readonly garbage: Garbage;
}

/**
 * Images in this user's store. `image` is a name or an id or the start of one, unless something else is said. All methods throw CntnrError:
 * `usage`, `not-found`, `conflict`, `corrupt`, `not-permitted`, `unavailable`, `timeout`.
 */
export class Images {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /**
   * The names of all images, the newest first, of additional stores last.
   * @param filters docker's, KEY=VALUE: reference=, label=, dangling=, before=, since=, until=
   */
  async list(filters: readonly string[] = []): Promise<ListedImage[]> {
    const [{ listImages }, { filterImages }, { additionalStores }] = await Promise.all([
      import("../image/list-images.ts"),
      import("../image/filter-images.ts"),
      import("../store/additional-stores.ts"),
    ]);
    const { directories } = this.#context;
    const own = listImages(directories);
    const shared = additionalStores(directories).flatMap((store) => listImages(store));
    const isShared = new Set(shared);
    return filterImages([...own, ...shared], filters).map((image) => ({
      ...image,
      isShared: isShared.has(image),
    }));
  }

  /** All that is known of an image. */
  async inspect(image: string): Promise<ImageDetails> {
    const { imageDetails } = await import("../image/image-details.ts");
    return imageDetails(this.#context.directories, image);
  }

  /** How an image came to be, the last step first. */
  async history(image: string): Promise<HistoryStep[]> {
    const { historyOf } = await import("../image/image-details.ts");
    return historyOf(await this.inspect(image));
  }

  /**
   * Fetches an image and unpacks it. Fails or aborted, the store has no new image; what has come is there for the next try.
   * @param source NAME[:TAG], docker://NAME, oci:DIRECTORY[:TAG], oci-archive:FILE, docker-archive:FILE, dir:DIRECTORY
   */
  async pull(source: string, options: PullOptions = {}): Promise<LocalImage> {
    const { pullImage } = await import("../image/pull-image.ts");
    return pullImage(this.#context.directories, source, this.#pullOptions(options));
  }

  #pullOptions({ signal, ...options }: PullOptions) {
    return { ...options, ...this.#context.imagePolicy, ...this.#context.waiting(signal ? { signal } : {}) };
  }

  /**
   * Copies an image to a registry, or to a file or directory. Returns the digest of the manifest there.
   * @param destination docker://HOST/NAME:TAG, oci:DIRECTORY:TAG, oci-archive:FILE, docker-archive:FILE, dir:DIRECTORY
   */
  async copyTo(image: string, destination: string, options: PushOptions = {}): Promise<Digest> {
    const { copyOut } = await import("../image/copy-out.ts");
    const found = await this.#locate(image);
    return copyOut(this.#context.directories, found, destination, this.#pullOptions(options));
  }

  /**
   * Copies an image to the registry that its name says, or to another name or place. Throws `usage` for a name of no registry.
   * @param destination a name, or what {@link copyTo} takes; without it the image's own name
   * @param options.onDestination told where it goes, before it does
   */
  async push(
    image: string,
    destination?: string,
    { onDestination, ...options }: PushOptions & { readonly onDestination?: (place: string) => void } = {},
  ): Promise<PushedImage> {
    const [{ pushDestination }, { copyOut }, { noteImage }] = await Promise.all([
      import("../image/push-destination.ts"),
      import("../image/copy-out.ts"),
      import("../image/image-events.ts"),
    ]);
    const { directories } = this.#context;
    const found = await this.#locate(image);
    const { name, manifest } = found.image;
    const place = pushDestination(name, destination);
    onDestination?.(place);
    const digest = await copyOut(directories, found, place, this.#pullOptions(options));
    noteImage(directories, "push", name, name);
    return { destination: place, digest, sizeBytes: manifest.size };
  }

  /** The name by which an image was found or that it has, and its manifest. */
  async find(image: string): Promise<IndexedImage | undefined> {
    return findImage(this.#context.directories, image);
  }

  /** Also in additional stores. */
  async #locate(image: string): Promise<StoredImage> {
    const { locateImage } = await import("../image/shared-image.ts");
    return locateImage(this.#context.directories, image);
  }

  /** Gives an image a further name, which it takes from whatever had it. Returns that in full. */
  async tag(image: string, name: string): Promise<string> {
    const { tagImage } = await import("../image/name-image.ts");
    return tagImage(this.#context.directories, image, name, this.#pullOptions({}));
  }

  /**
   * Takes names away from an image: these, else the one that it was called by, else (by its id) all. The image stays. Returns the names
   * that are gone.
   */
  async untag(image: string, names: readonly string[] = []): Promise<readonly string[]> {
    const { untagImage } = await import("../image/name-image.ts");
    return untagImage(this.#context.directories, image, names);
  }

  /**
   * Takes a name away from an image; with the last one the image goes. What containers use stays until they are gone.
   * @param options.inUse `refuse` (default): throws `conflict` if containers use it, or for the id of one with several names
   */
  async remove(
    image: string,
    { inUse = "refuse" }: { readonly inUse?: "refuse" | "remove-anyway" } = {},
  ): Promise<Removal> {
    const [{ removeImage }, { garbageOptions, usersOf }] = await Promise.all([
      import("../image/remove-image.ts"),
      import("./image-users.ts"),
    ]);
    const { directories } = this.#context;
    return removeImage(directories, image, {
      ...garbageOptions(directories),
      inUse,
      usersOf: ({ id }) => usersOf(directories, id),
    });
  }

  /**
   * Removes images without a name that no container was made from.
   * @param options.all also those with a name
   * @param options.filters as those of {@link list}
   */
  async prune({
    all = false,
    filters = [],
  }: {
    readonly all?: boolean;
    readonly filters?: readonly string[];
  } = {}): Promise<PrunedImages> {
    const [{ listImages }, { filterImages }, { removeUnusedImages }] = await Promise.all([
      import("../image/list-images.ts"),
      import("../image/filter-images.ts"),
      import("./remove-unused-images.ts"),
    ]);
    const { directories } = this.#context;
    const choose = (listed: readonly ImageSummary[]) => filterImages(listed, filters);
    const { images, garbage } = await removeUnusedImages(directories, all, choose);
    const left = new Set(listImages(directories).map(({ manifestDigest }) => manifestDigest));
    const gone = images.filter(({ manifestDigest }) => !left.has(manifestDigest));
    return {
      names: images.map(({ name }) => name),
      ids: [...new Set(gone.map(({ id }) => id))],
      garbage,
    };
  }

  /** Which names {@link collect} would take away. */
  async findExpired(limits: RetentionLimits): Promise<ExpiredName[]> {
    const [{ findExpired }, { manifestsInUse }] = await Promise.all([
      import("../image/expire-images.ts"),
      import("./image-users.ts"),
    ]);
    const { directories } = this.#context;
    return findExpired(directories, limits, manifestsInUse(directories));
  }

  /** Removes what nothing refers to, and images that have had their time; never what is in use. */
  async collect(limits: RetentionLimits = {}, options: WaitOptions = {}): Promise<Expiry> {
    const [{ expireImages }, { garbageOptions, manifestsInUse }] = await Promise.all([
      import("../image/expire-images.ts"),
      import("./image-users.ts"),
    ]);
    const { directories } = this.#context;
    return expireImages(directories, limits, {
      ...garbageOptions(directories),
      inUse: manifestsInUse(directories),
      ...this.#context.waiting(options),
    });
  }

  /** Removes all that builds have kept: steps that no image has, and directories of cache mounts. The next build does all its steps again. */
  async pruneBuilds(): Promise<Garbage> {
    const [{ collectGarbage }, { garbageOptions }] = await Promise.all([
      import("../image/collect-garbage.ts"),
      import("./image-users.ts"),
    ]);
    const { directories } = this.#context;
    return collectGarbage(directories, { ...garbageOptions(directories), unusedMs: 0 });
  }

  /**
   * Writes images as one tar archive.
   * @param to a path, where the archive appears when it is whole, or a descriptor
   * @param format default `docker-archive`, which is an OCI archive as well
   */
  async save(
    images: readonly string[],
    to: string | number,
    format: ArchiveFormat = "docker-archive",
    options: WaitOptions = {},
  ): Promise<void> {
    const { saveImages, saveImagesTo } = await import("../image/save-images.ts");
    const waiting = this.#context.waiting(options);
    const found = await Promise.all(images.map((image) => this.#locate(image)));
    if (typeof to === "number") await saveImages(this.#context.directories, found, to, format, waiting);
    else await saveImagesTo(this.#context.directories, found, to, format, waiting);
  }

  /**
   * Loads all images of an archive under the names that they have in it. Fails, those that were whole before are there.
   * @param from a path, or `-` for this process's standard input
   */
  async load(from: string, options: PullOptions = {}): Promise<readonly LocalImage[]> {
    const { loadImages } = await import("../image/load-images.ts");
    return loadImages(this.#context.directories, from, this.#pullOptions(options));
  }

  /**
   * Makes an image of one layer out of a root file system.
   * @param source a tar archive, a directory, or `-` for an archive on this process's standard input
   * @param name without it the image can be had by its id
   * @param options.changes instructions of a Dockerfile that change settings: CMD, ENV, LABEL, ...
   */
  async import(
    source: string,
    name?: string,
    { comment, changes = [], onProgress, ...options }: ImportOptions = {},
  ): Promise<LocalImage> {
    const [{ importImage }, { nameToGive }, { changesOf }] = await Promise.all([
      import("../image/import-image.ts"),
      import("../image/name-image.ts"),
      import("../build/plan/changes.ts"),
    ]);
    const change = changesOf(changes);
    const names = name === undefined ? [] : [nameToGive(name)];
    return importImage(
      this.#context.directories,
      { source, names, comment, configure: (base) => ({ ...base, config: change(base.config ?? {}) }) },
      { ...(onProgress ? { onProgress } : {}), ...this.#context.waiting(options) },
    );
  }

  /**
   * Builds an image. Steps that were done before are found again. Fails or aborted, no half-made image is left, and what was done is there
   * for the next try. Throws `build` when a step fails.
   */
  async build(request: Build, options: BuildOptions = {}): Promise<LocalImage> {
    const { build } = await import("./image-builds.ts");
    return build(this.#context, request, options);
  }

  /** Builds, and writes the result to a directory, an archive or a descriptor; the store has no new image afterwards. */
  async buildTo(output: BuildOutput, request: Build, options: BuildOptions = {}): Promise<void> {
    const { buildTo } = await import("./image-builds.ts");
    await buildTo(this.#context, output, request, options);
  }

  /** Reads everything in the store again, and says what is not as it should be. */
  async verify({ unpacked, ...options }: VerifyOptions = {}): Promise<Verification> {
    const { verifyStore } = await import("../image/verify-store.ts");
    const waiting = this.#context.waiting(options);
    return verifyStore(this.#context.directories, { ...waiting, ...(unpacked ? { unpacked } : {}) });
  }
}
