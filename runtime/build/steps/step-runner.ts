import { existsSync, statSync } from "node:fs";
import { type CommitOptions, type Packer, packUpper } from "../../image/commit-layer.ts";
import { blobPath, diffIdOfHex, digestOfHex, hexOf, hexOfDiffId } from "../../image/digest.ts";
import type { LayerDeposit } from "../../image/layer-deposit.ts";
import { newUpperTree, type UpperTree } from "../../layer/upper-tree.ts";
import { makeWorkingCopy, takeChanges } from "../../merged-tree/merge-process.ts";
import { chooseRoot } from "../../rootfs/choose-root.ts";
import type { Directories } from "../../store/directories.ts";
import { type LayerRecord, layerLinkPath, layerName, readLayer } from "../../store/layers.ts";
import { readStepRecord, type StepRecord, writeStepRecord } from "../../store/step-records.ts";
import type { TemporaryKey } from "../../store/temporary.ts";
import type { IdMappings } from "../../userns/id-mappings.ts";
import type { StepKey } from "../plan/step-key.ts";
import type { TreeWorkers } from "../tree/tree-workers.ts";
import type { StageFiles } from "./stage-files.ts";
import type { StepResult } from "./step-result.ts";

/** What all steps of a build share. */
export interface StepSurroundings {
  readonly directories: Directories;
  readonly mappings: IdMappings;
  readonly env: NodeJS.ProcessEnv;
  /** SOURCE_DATE_EPOCH: no file is younger. */
  readonly latestSeconds: number | undefined;
  /** `--no-cache`: nothing that earlier builds did is used. */
  readonly cache: "used" | "ignored";
  readonly signal: AbortSignal;
  /** Of everything half-made. */
  readonly key: TemporaryKey;
  readonly workers: TreeWorkers;
  readonly deposit: LayerDeposit;
}

/** How an upper tree was filled: with the paths on which something was mounted meanwhile; or it is by who packs it. */
export type Filled =
  | { readonly kind: "filled"; readonly mountPoints: readonly string[] }
  | { readonly kind: "by-packer"; readonly packer: Packer };

export type Fill = (upper: UpperTree) => Promise<Filled>;

/** Who wants to know what is remarkable, and how it is done differently from what is usual. */
export interface StepListener {
  readonly onRemark: (text: string) => void;
  readonly onDetail: (text: string) => void;
}

/** Carries steps out, each of them once: what was done before, by whatever build, is found by its key. */
export class StepRunner {
  readonly #surroundings: StepSurroundings;
  readonly #running: Map<StepKey, Promise<StepResult>>;
  readonly #listener: StepListener;
  readonly #cache: StepSurroundings["cache"];

  constructor(
    surroundings: StepSurroundings,
    listener: StepListener,
    { cache, running }: { cache: StepSurroundings["cache"]; running: Map<StepKey, Promise<StepResult>> } = {
      cache: surroundings.cache,
      running: new Map(),
    },
  ) {
    this.#surroundings = surroundings;
    this.#listener = listener;
    this.#cache = cache;
    this.#running = running;
  }

  /** The same, but that it finds nothing of earlier builds. */
  withoutCache(): StepRunner {
    return new StepRunner(this.#surroundings, this.#listener, { cache: "ignored", running: this.#running });
  }

  /** The result of an earlier build's step; undefined when there is none, or something of it is gone. */
  find(key: StepKey): StepResult | undefined {
    if (this.#cache === "ignored") return undefined;
    const record = readStepRecord(this.#surroundings.directories, key);
    return record && this.#resultOf(record);
  }

  /** Does a step that was not found: fills a tree over `files` and makes a layer of it. Of two that want the same, one does it. */
  run(key: StepKey, files: StageFiles, fill: Fill): Promise<StepResult> {
    let running = this.#running.get(key);
    if (!running) {
      running = this.#make(key, files, fill);
      this.#running.set(key, running);
    }
    return running;
  }

  /** Remembers a result under one more key, as soon as all of it is durable. */
  remember(key: StepKey, result: StepResult): void {
    const { deposit, directories } = this.#surroundings;
    const record = recordOf(result);
    deposit.afterwards(() => writeStepRecord(directories, key, record));
  }

  async #make(key: StepKey, files: StageFiles, fill: Fill): Promise<StepResult> {
    const { key: temporary, mappings, signal, workers } = this.#surroundings;
    workers.prepare();
    await using upper = await newUpperTree(temporary, mappings, [files.root]);
    await this.#copyBelow(upper, files.lowers);
    const filled = await fill(upper);
    if (upper.isCopied && filled.kind === "filled")
      await takeChanges(upper.copyPath, upper.path, { mappings, lockFd: temporary.lockFd, signal });
    const result = await this.#commit(upper, files, filled);
    this.remember(key, result);
    return result;
  }

  /** What is below an upper tree is copied where no overlay of the two can be mounted. */
  async #copyBelow(upper: UpperTree, lowers: readonly string[]): Promise<void> {
    const { directories, key, mappings, signal } = this.#surroundings;
    const place = { directory: directories.tmp, run: directories.run, mappings };
    const choice = await chooseRoot({ layers: lowers, upper: upper.path, work: upper.work }, place);
    if (choice.kind === "overlay") return;
    this.#listener.onDetail(`steps work on copies of the files below: ${choice.reason}`);
    await makeWorkingCopy(lowers, upper.copyPath, [], { mappings, lockFd: key.lockFd, signal });
  }

  async #commit(upper: UpperTree, files: StageFiles, filled: Filled): Promise<StepResult> {
    const { mappings, latestSeconds, signal, workers, deposit } = this.#surroundings;
    const options: Omit<CommitOptions, "owner"> = {
      mappings,
      lowers: files.lowers,
      mountPoints: filled.kind === "filled" ? filled.mountPoints : [],
      signal,
      ...(latestSeconds === undefined ? {} : { latestSeconds }),
    };
    const packed = await packUpper(
      upper,
      options,
      filled.kind === "by-packer" ? filled.packer : workers.pack,
    );
    const { layer } = packed;
    for (const remark of layer.remarks) this.#listener.onRemark(remark);
    const facts = { created: new Date().toISOString(), isCached: false };
    if (layer.entries === 0) return { kind: "unchanged", ...facts };
    return { kind: "layer", layer, ...this.#placeOf(await deposit.place(upper, packed)), ...facts };
  }

  #resultOf({ layer, created }: StepRecord): StepResult | undefined {
    if (!layer) return { kind: "unchanged", created, isCached: true };
    const { directories, mappings } = this.#surroundings;
    const digest = digestOfHex(layer.blobSha256);
    const blob = blobPath(directories, digest);
    if (!existsSync(blob) || statSync(blob).size !== layer.blobBytes) return undefined;
    const unpacked = readLayer(directories, layerName(layer.diffSha256, mappings));
    if (!unpacked) return undefined;
    return {
      kind: "layer",
      isCached: true,
      created,
      ...this.#placeOf(unpacked),
      layer: {
        descriptor: { mediaType: layer.mediaType, digest, size: layer.blobBytes },
        diffId: diffIdOfHex(layer.diffSha256),
        entries: layer.entries,
        contentBytes: layer.contentBytes,
        remarks: [],
      },
    };
  }

  #placeOf({ link, impliedDirectories }: LayerRecord): { readonly path: string; readonly saysRoot: boolean } {
    const path = layerLinkPath(this.#surroundings.directories, link);
    return { path, saysRoot: !impliedDirectories.includes("") };
  }
}

function recordOf(result: StepResult): StepRecord {
  const created = result.created ?? new Date().toISOString();
  if (result.kind === "unchanged") return { created };
  const { descriptor, entries, contentBytes } = result.layer;
  return {
    created,
    layer: {
      mediaType: descriptor.mediaType,
      blobSha256: hexOf(descriptor.digest),
      blobBytes: descriptor.size,
      diffSha256: hexOfDiffId(result.layer.diffId),
      entries,
      contentBytes,
    },
  };
}
