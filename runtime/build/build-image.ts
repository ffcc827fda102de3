import { addImage, type ImageAddition, writeImage } from "../image/add-image.ts";
import { LayerDeposit } from "../image/layer-deposit.ts";
import type { LocalImage } from "../image/local-image.ts";
import type { ConfigDocument } from "../image/oci-documents.ts";
import type { Directories } from "../store/directories.ts";
import { removeLeftovers } from "../store/remove-leftovers.ts";
import { lockStore } from "../store/store-lock.ts";
import { newKey, type TemporaryKey } from "../store/temporary.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import type { BuildOutput, BuildRequest, BuildSurroundings } from "./build-request.ts";
import { Builder, timeOf } from "./builder.ts";
import { ownPlatform } from "./plan/platform.ts";
import { resolveStages } from "./plan/resolve-stages.ts";
import { withSetting } from "./plan/settings.ts";
import { unusedArguments } from "./plan/unused-arguments.ts";
import type { StageResult } from "./stage-builder.ts";
import { clearAbandoned } from "./steps/build-container.ts";
import type { StepSurroundings } from "./steps/step-runner.ts";
import { TreeWorkers } from "./tree/tree-workers.ts";

/**
 * Builds an image and adds it to the store under these names (in full; none: it can be had by its id). Steps that were done
 * before are found again; whatever goes wrong, no half-made image is left, and what was done is there for the next try.
 * Throws CntnrError.
 */
export function buildImage(
  directories: Directories,
  request: BuildRequest,
  names: readonly string[],
  surroundings: BuildSurroundings,
): Promise<LocalImage> {
  return build(directories, request, surroundings, (result, { mappings, signal }) =>
    addImage(directories, additionOf(result, request), names, { mappings, signal }),
  );
}

/** Builds, and writes the result elsewhere; the store has no new image afterwards. Throws CntnrError. */
export function buildOutput(
  directories: Directories,
  request: BuildRequest,
  output: BuildOutput,
  names: readonly string[],
  surroundings: BuildSurroundings,
): Promise<void> {
  return build(directories, request, surroundings, async (result, step) => {
    const { writeOutput } = await import("./write-output.ts");
    await writeOutput(step, result.files, () => writeImage(directories, additionOf(result, request)), {
      ...output,
      names,
    });
  });
}

async function build<T>(
  directories: Directories,
  request: BuildRequest,
  surroundings: BuildSurroundings,
  use: (result: StageResult, step: StepSurroundings) => Promise<T>,
): Promise<T> {
  const mappings = loadIdMappings();
  const { signal } = surroundings;
  // Nothing refers to the layers of steps before the image does.
  using _ = await lockStore(directories, "shared", { signal });
  await clearAbandoned(directories, mappings);
  await removeLeftovers(directories, mappings);
  const plan = resolveStages(request.dockerfile, {
    buildArgs: request.buildArgs,
    platform: ownPlatform(),
    contexts: new Set(request.contexts.keys()),
    ...(request.target === undefined ? {} : { target: request.target }),
  });
  const unused = unusedArguments(request.dockerfile, request.buildArgs);
  if (unused.length > 0)
    surroundings.onProgress({
      kind: "remark",
      text: `no ARG names these build arguments: ${unused.join(", ")}`,
    });
  await using stack = new AsyncDisposableStack();
  const key = stack.use(await newKey(directories, "build"));
  stack.defer(() => key.clear(mappings));
  const failure = new AbortController();
  const step = stepSurroundings(directories, mappings, key, request, surroundings, failure.signal);
  const { workers, deposit } = step;
  stack.use(workers);
  // There is nothing to be found: they will be needed.
  if (request.cache === "ignored") workers.prepare();
  const { syntax } = request.dockerfile.directives;
  if (syntax !== undefined && !/(?:^|\/)dockerfile[^/]*$/.test(syntax))
    surroundings.onProgress({
      kind: "remark",
      text: `# syntax=${syntax}: no other languages than docker/dockerfile's are known; it is read as that`,
    });
  const result = await new Builder(step, failure, request, plan, surroundings)
    .build()
    .catch(async (error: unknown) => {
      // What was done is there for the next try; if it cannot be kept, that is not what has to be told.
      await deposit.settle().catch(() => undefined);
      throw error;
    });
  await deposit.settle();
  return await use(result, step);
}

function stepSurroundings(
  directories: Directories,
  mappings: IdMappings,
  key: TemporaryKey,
  { epochSeconds: latestSeconds, cache }: BuildRequest,
  { env, signal: ofBuild }: BuildSurroundings,
  failure: AbortSignal,
): StepSurroundings {
  const signal = AbortSignal.any([ofBuild, failure]);
  const shared = { mappings, key, signal };
  const workers = new TreeWorkers({ directories, ...shared });
  const deposit = new LayerDeposit(directories, shared);
  return { ...shared, directories, env, latestSeconds, cache, workers, deposit };
}

function additionOf(result: StageResult, request: BuildRequest): ImageAddition {
  return {
    ...(result.base ? { base: result.base } : {}),
    steps: result.steps,
    configure: (base) => configure(base, result, request),
    ...(Object.keys(request.annotations).length === 0 ? {} : { annotations: request.annotations }),
  };
}

function configure(
  base: ConfigDocument,
  { state, created }: StageResult,
  { labels, epochSeconds }: BuildRequest,
): ConfigDocument {
  const time = epochSeconds === undefined ? (created ?? new Date().toISOString()) : timeOf(epochSeconds);
  const all = { ...state.settings.Labels, ...labels };
  const settings =
    Object.keys(labels).length === 0 ? state.settings : withSetting(state.settings, "Labels", all);
  return {
    ...base,
    created: time,
    ...(state.author === undefined ? {} : { author: state.author }),
    config: settings,
  };
}
