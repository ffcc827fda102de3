import { dirname } from "node:path";
import type { UpperTree } from "../layer/upper-tree.ts";
import type { Directories } from "../store/directories.ts";
import {
  completeLayer,
  type LayerRecord,
  layerName,
  placeLayer,
  readLayer,
  withdrawUnfinished,
  writeLayerRecord,
} from "../store/layers.ts";
import { syncDirectory } from "../store/replace-file.ts";
import { syncFileSystem } from "../store/sync-file-system.ts";
import { type TemporaryKey, takeKey } from "../store/temporary.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { keepBlob, type PackedUpper } from "./commit-layer.ts";
import { blobPath, hexOfDiffId } from "./digest.ts";
import { makeLayout } from "./layout.ts";
import type { Digest } from "./local-image.ts";

export interface DepositOptions {
  readonly mappings: IdMappings;
  /** For files that are not in their places yet. */
  readonly key: TemporaryKey;
  readonly signal: AbortSignal;
}

interface NamelessBlob {
  readonly path: string;
  readonly digest: Digest;
}

/** A layer that is in its place, without anybody else knowing. */
interface PlacedLayer {
  readonly name: string;
  readonly key: TemporaryKey;
  readonly record: LayerRecord;
}

/** How long what was made may wait for what comes next to be made durable together with it. */
const patienceMs = 1000;

/**
 * Brings the layers of a build into the store without making it wait for the disk. A layer's tree is at once where it stays, and the next
 * step can begin on it; that it is there, its blob's name and what depends on both follow when all of it is durable, for as many
 * layers at a time as there are. Killed before that, we leave trees without records under the layers' keys, which
 * removeLeftovers() takes away.
 *
 * The caller holds the store's shared lock (lockStore) until something refers to the layers.
 */
export class LayerDeposit {
  readonly #directories: Directories;
  readonly #options: DepositOptions;
  readonly #layers = new Map<string, Promise<LayerRecord>>();
  #placed: PlacedLayer[] = [];
  #blobs: NamelessBlob[] = [];
  #afterwards: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(directories: Directories, options: DepositOptions) {
    this.#directories = directories;
    this.#options = options;
    makeLayout(directories);
  }

  /** Uses up the tree, and makes it the unpacked layer; of two layers that are the same, one is kept. */
  async place(upper: UpperTree, packed: PackedUpper): Promise<LayerRecord> {
    const name = layerName(hexOfDiffId(packed.layer.diffId), this.#options.mappings);
    let layer = this.#layers.get(name);
    if (!layer) {
      layer = this.#placeNew(name, upper, packed);
      this.#layers.set(name, layer);
    }
    const record = await layer;
    this.#blobs.push({ path: packed.blob, digest: packed.layer.descriptor.digest });
    this.#schedule();
    return record;
  }

  /** Calls this when all is durable that was placed until now. */
  afterwards(action: () => void): void {
    this.#afterwards.push(action);
    this.#schedule();
  }

  /** Waits until everything is in its place and durable. Throws what went wrong there. */
  async settle(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#write();
    try {
      await this.#writing;
    } catch (error) {
      // Nothing more is written then, and what waited for it must not be kept from others.
      for (const { key } of this.#placed.splice(0)) key[Symbol.dispose]();
      throw error;
    }
  }

  async #placeNew(name: string, upper: UpperTree, { unpacked }: PackedUpper): Promise<LayerRecord> {
    const existing = readLayer(this.#directories, name);
    if (existing) return existing;
    const { signal, mappings } = this.#options;
    const key = await takeKey(this.#directories, "layer", name, { signal });
    try {
      const other = readLayer(this.#directories, name);
      if (!other) {
        withdrawUnfinished(this.#directories, name, key);
        await key.clear(mappings);
        const record = placeLayer(this.#directories, name, upper.holder, unpacked);
        this.#placed.push({ name, key, record });
        return record;
      }
      key[Symbol.dispose]();
      return other;
    } catch (error) {
      key[Symbol.dispose]();
      throw error;
    }
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, patienceMs);
  }

  /** One after the other; whoever settles is told what went wrong with any. */
  #write(): void {
    this.#writing = this.#writing.then(() => this.#writeAll());
    this.#writing.catch(() => undefined);
  }

  async #writeAll(): Promise<void> {
    const placed = this.#placed;
    const blobs = this.#blobs;
    const afterwards = this.#afterwards;
    this.#placed = [];
    this.#blobs = [];
    this.#afterwards = [];
    try {
      if (placed.length + blobs.length > 0) await this.#complete(placed, blobs);
      for (const action of afterwards) action();
    } finally {
      for (const { key } of placed) key[Symbol.dispose]();
    }
  }

  /** No name before what it stands for is durable; the names themselves are when this returns. */
  async #complete(placed: readonly PlacedLayer[], blobs: readonly NamelessBlob[]): Promise<void> {
    const directories = this.#directories;
    const records = placed.map(({ name, record }) => {
      const path = this.#options.key.newPath();
      writeLayerRecord(directories, path, record);
      return { name, path };
    });
    // Not given up when the build is: what was done is to be there for the next one.
    await syncFileSystem(directories.tmp, undefined);
    for (const { path, digest } of blobs) keepBlob(directories, path, digest);
    for (const { name, path } of records) completeLayer(directories, name, path);
    const [blob] = blobs;
    if (blob) syncDirectory(dirname(blobPath(directories, blob.digest)));
    if (placed.length === 0) return;
    syncDirectory(directories.layerLinks);
    syncDirectory(directories.layers);
  }
}
