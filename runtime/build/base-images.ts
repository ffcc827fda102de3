import { CntnrError } from "../errors/cntnr-error.ts";
import { readImageDocuments } from "../image/add-image.ts";
import { findImage } from "../image/find-image.ts";
import type { ConfigDocument, Descriptor } from "../image/oci-documents.ts";
import type { PullOptions } from "../image/pull-image.ts";
import { ensureImage, type PullPolicy } from "../image/store.ts";
import type { Directories } from "../store/directories.ts";
import type { StageFiles } from "./steps/stage-files.ts";

/** An image that a stage begins with, or files are copied from. */
export interface BaseImage {
  readonly manifest: Descriptor;
  readonly config: ConfigDocument;
  readonly files: StageFiles;
}

/** The images that a build is based on, each of them fetched once. */
export class BaseImages {
  readonly #directories: Directories;
  readonly #pull: PullPolicy;
  readonly #options: PullOptions;
  readonly #emptyLayer: string;
  readonly #images = new Map<string, Promise<BaseImage>>();

  constructor(directories: Directories, pull: PullPolicy, options: PullOptions, emptyLayer: string) {
    this.#directories = directories;
    this.#pull = pull;
    this.#options = options;
    this.#emptyLayer = emptyLayer;
  }

  get(name: string): Promise<BaseImage> {
    let image = this.#images.get(name);
    if (!image) {
      image = this.#load(name);
      this.#images.set(name, image);
    }
    return image;
  }

  async #load(name: string): Promise<BaseImage> {
    const local = await ensureImage(this.#directories, name, this.#pull, this.#options);
    const found = findImage(this.#directories, local.name === "" ? local.manifestDigest : local.name);
    if (!found) throw new CntnrError("conflict", `image ${name} was removed while the build began`);
    const { config } = readImageDocuments(this.#directories, found.manifest);
    const lowers = local.layers.length === 0 ? [this.#emptyLayer] : local.layers;
    // Prepared images have their root directory's owner and mode on top.
    const files = { lowers, root: lowers.at(-1) ?? this.#emptyLayer, diffIds: config.rootfs.diff_ids };
    return { manifest: found.manifest, config, files };
  }
}
