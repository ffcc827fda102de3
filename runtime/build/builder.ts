import { availableParallelism } from "node:os";
import { CntnrError, messageOf } from "../errors/cntnr-error.ts";
import { BaseImages } from "./base-images.ts";
import type { BuildRequest, BuildSurroundings } from "./build-request.ts";
import { errorAt } from "./dockerfile/source.ts";
import type { Operation } from "./plan/operation.ts";
import { type Base, resolveFrom, type StagePlan } from "./plan/resolve-stages.ts";
import { Slots } from "./slots.ts";
import { squash } from "./squash.ts";
import { buildStage, type StageResult } from "./stage-builder.ts";
import type { BuildTree } from "./steps/build-tree.ts";
import { copyStep } from "./steps/copy-step.ts";
import { directoryStep } from "./steps/directory-step.ts";
import { emptyLayer } from "./steps/empty-layer.ts";
import { runStep } from "./steps/run-step.ts";
import { filesOf, type StageFiles } from "./steps/stage-files.ts";
import type { StepContext } from "./steps/step-context.ts";
import type { StepResult } from "./steps/step-result.ts";
import { StepRunner, type StepSurroundings } from "./steps/step-runner.ts";

/** What docker gives to images that begin with nothing. */
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

interface StepToDo {
  readonly operation: Operation;
  readonly files: StageFiles;
  /** By what `from` calls them. */
  readonly trees: ReadonlyMap<string | undefined, BuildTree>;
  /** Its number among all. */
  readonly step: number;
}

/** Carries out a plan: stages beside each other, as far as none waits for another. */
export class Builder {
  readonly #request: BuildRequest;
  readonly #plan: StagePlan;
  readonly #surroundings: BuildSurroundings;
  readonly #context: StepContext;
  readonly #images: BaseImages;
  readonly #stages = new Map<number, Promise<StageResult>>();
  readonly #slots = new Slots(Math.max(2, availableParallelism()));
  readonly #failure: AbortController;
  readonly #told = new Set<string>();
  #steps = 0;

  /** @param failure ends all steps; they know by `step.signal` */
  constructor(
    step: StepSurroundings,
    failure: AbortController,
    request: BuildRequest,
    plan: StagePlan,
    surroundings: BuildSurroundings,
  ) {
    this.#request = request;
    this.#plan = plan;
    this.#surroundings = surroundings;
    this.#failure = failure;
    const { directories, mappings, signal } = step;
    const empty = emptyLayer(directories);
    const runner = new StepRunner(step, {
      onRemark: (text) => this.#remark(text),
      onDetail: (text) => this.#tell(text),
    });
    this.#context = { surroundings: step, runner, emptyLayer: empty };
    const pullOptions = { ...surroundings.pullOptions, mappings, signal };
    this.#images = new BaseImages(directories, request.pull, pullOptions, empty);
  }

  /** Builds the target and all that it needs. Whatever fails first ends the rest, and is thrown when that has ended. */
  async build(): Promise<StageResult> {
    const wanted = [...this.#plan.needed].sort((a, b) => a - b).map((index) => this.#stage(index));
    const guarded = wanted.map((stage) =>
      stage.catch((error: unknown) => {
        if (!this.#failure.signal.aborted) this.#failure.abort(error);
        throw error;
      }),
    );
    await Promise.allSettled(guarded);
    await Promise.allSettled(this.#stages.values());
    this.#surroundings.signal.throwIfAborted();
    if (this.#failure.signal.aborted) throw this.#failure.signal.reason;
    const target = await this.#stage(this.#plan.target);
    return this.#request.layers === "one" ? squash(this.#context, target) : target;
  }

  #stage(index: number): Promise<StageResult> {
    let stage = this.#stages.get(index);
    if (!stage) {
      stage = this.#buildStage(index);
      // Whoever waits for it is told; it may be nobody yet.
      stage.catch(() => undefined);
      this.#stages.set(index, stage);
    }
    return stage;
  }

  async #buildStage(index: number): Promise<StageResult> {
    const { dockerfile, buildArgs, network, epochSeconds } = this.#request;
    const resolved = this.#plan.stages[index];
    if (!resolved) throw new CntnrError("build", `there is no stage ${index}`);
    const { stage, base, label } = resolved;
    const begin = await this.#begin(base).catch((error: unknown) => {
      if (!(error instanceof CntnrError) || error.code === "build") throw error;
      throw errorAt(dockerfile.source, stage.from.range, messageOf(error), { cause: error });
    });
    const { globalArgs } = this.#plan;
    return buildStage({
      begin,
      baseName: stage.from.image,
      instructions: stage.instructions,
      source: dockerfile.source,
      options: { buildArgs, globalArgs, escape: dockerfile.directives.escape, network },
      fixedTime: epochSeconds === undefined ? undefined : timeOf(epochSeconds),
      perform: (operation, files, { text, number, count }) => {
        const prefix = this.#plan.needed.size > 1 ? `${label} ` : "";
        return this.#perform(operation, files, `[${prefix}${number}/${count}] ${text}`, index);
      },
    });
  }

  async #begin(base: Base): Promise<StageResult> {
    switch (base.kind) {
      case "stage":
        return this.#stage(base.index);
      case "scratch": {
        const files = filesOf(this.#context.emptyLayer);
        return {
          files,
          baseFiles: files,
          added: [],
          state: { settings: { Env: [`PATH=${defaultPath}`] }, args: new Map(), hasOwnCmd: false },
          base: undefined,
          steps: [],
          created: undefined,
        };
      }
      case "context": {
        const context = this.#request.contexts.get(base.name);
        if (context?.kind === "image") return this.#beginWithImage(context.name);
        throw new CntnrError(
          "build",
          `the build context ${base.name} is a directory, and no image to begin with`,
        );
      }
      case "image":
        return this.#beginWithImage(base.name);
    }
  }

  async #beginWithImage(name: string): Promise<StageResult> {
    const { manifest, config, files } = await this.#images.get(name);
    const author = config.author ?? undefined;
    return {
      files,
      baseFiles: files,
      added: [],
      state: {
        settings: config.config ?? {},
        args: new Map(),
        hasOwnCmd: false,
        ...(author === undefined ? {} : { author }),
      },
      base: manifest,
      steps: [],
      created: config.created ?? undefined,
    };
  }

  async #perform(operation: Operation, files: StageFiles, name: string, stage: number): Promise<StepResult> {
    // Who waits for another stage must not keep a place that it needs.
    const trees = await this.#treesOf(operation, stage);
    using _ = await this.#slots.take();
    this.#context.surroundings.signal.throwIfAborted();
    const step = ++this.#steps;
    const began = performance.now();
    const end = (how: "done" | "cached" | "failed") =>
      this.#surroundings.onProgress({ kind: "ended", step, how, durationMs: performance.now() - began });
    this.#surroundings.onProgress({ kind: "begun", step, name });
    try {
      const result = await this.#carryOut(this.#contextOf(stage), { operation, files, trees, step });
      end(result.isCached ? "cached" : "done");
      return result;
    } catch (error) {
      end("failed");
      throw error;
    }
  }

  #contextOf(stage: number): StepContext {
    const { uncachedStages } = this.#request;
    const name = this.#plan.stages[stage]?.stage.from.name;
    const isUncached = uncachedStages.has(String(stage)) || (name !== undefined && uncachedStages.has(name));
    return isUncached ? { ...this.#context, runner: this.#context.runner.withoutCache() } : this.#context;
  }

  #carryOut(context: StepContext, { operation, files, trees, step }: StepToDo): Promise<StepResult> {
    const treeOf = (from: string | undefined): BuildTree => trees.get(from) ?? this.#request.context;
    switch (operation.kind) {
      case "copy":
        return copyStep(context, files, operation, treeOf(operation.from), this.#request.access.secrets);
      case "directory":
        return directoryStep(context, files, operation);
      case "run":
        return runStep(context, files, operation, {
          access: this.#request.access,
          settings: this.#request.commands,
          findTree: async (from) => treeOf(from),
          onOutput: (bytes) => this.#surroundings.onProgress({ kind: "output", step, bytes }),
          onRemark: (text) => this.#remark(text),
          onDetail: (text) => this.#tell(text),
        });
    }
  }

  async #treesOf(operation: Operation, stage: number): Promise<ReadonlyMap<string | undefined, BuildTree>> {
    const trees = new Map<string | undefined, BuildTree>();
    const froms =
      operation.kind === "copy"
        ? [operation.from]
        : operation.kind === "run"
          ? operation.mounts.map((mount) => ("from" in mount ? mount.from : undefined))
          : [];
    for (const from of froms)
      if (from !== undefined && !trees.has(from)) trees.set(from, await this.#treeOf(from, stage));
    return trees;
  }

  async #treeOf(from: string, stage: number): Promise<BuildTree> {
    const { contexts, dockerfile } = this.#request;
    const base = resolveFrom(dockerfile, from, stage, new Set(contexts.keys()));
    switch (base.kind) {
      case "stage":
        return { kind: "files", files: (await this.#stage(base.index)).files };
      case "scratch":
        return { kind: "files", files: filesOf(this.#context.emptyLayer) };
      case "context": {
        const context = contexts.get(base.name);
        if (context && context.kind !== "image") return context;
        return { kind: "files", files: (await this.#images.get(context?.name ?? base.name)).files };
      }
      case "image":
        return { kind: "files", files: (await this.#images.get(base.name)).files };
    }
  }

  /** Once for all steps. */
  #tell(text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#surroundings.onProgress({ kind: "remark", text, isDetail: true });
  }

  #remark(text: string): void {
    this.#surroundings.onProgress({ kind: "remark", text });
  }
}

/** A point in time as images have it. */
export function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

/** SOURCE_DATE_EPOCH as an argument of the build or of the environment; undefined without one. Throws CntnrError `usage`. */
export function epochOf(buildArgs: ReadonlyMap<string, string>, env: NodeJS.ProcessEnv): number | undefined {
  const text = buildArgs.get("SOURCE_DATE_EPOCH") ?? env.SOURCE_DATE_EPOCH;
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new CntnrError("usage", `SOURCE_DATE_EPOCH="${text}" is not a number of seconds since 1970`);
}
