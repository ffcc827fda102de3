import { CntnrError, messageOf } from "../errors/cntnr-error.ts";
import type { ImageStep } from "../image/add-image.ts";
import type { Descriptor } from "../image/oci-documents.ts";
import { SubstitutionError } from "./dockerfile/expand.ts";
import type { Instruction } from "./dockerfile/instruction.ts";
import { parseTrigger } from "./dockerfile/parse-dockerfile.ts";
import { errorAt, type Source } from "./dockerfile/source.ts";
import { evaluate } from "./plan/evaluate.ts";
import type { Operation } from "./plan/operation.ts";
import type { EvaluationOptions, StageState } from "./plan/scope.ts";
import { triggersOf, withSetting } from "./plan/settings.ts";
import { afterStep, type StageFiles } from "./steps/stage-files.ts";
import type { StepResult } from "./steps/step-result.ts";

/** What a stage is at some point: files, settings, and how they came about. */
export interface StageResult {
  readonly files: StageFiles;
  readonly state: StageState;
  /** The image that it all began with, and its files; undefined for scratch. */
  readonly base: Descriptor | undefined;
  readonly baseFiles: StageFiles;
  /** Paths of the unpacked layers that steps have added, lowest first. */
  readonly added: readonly string[];
  readonly steps: readonly ImageStep[];
  /** Of the last step that changed files, or of the base. RFC 3339. */
  readonly created: string | undefined;
}

/** Carries out one operation on a stage's files, and tells of it under the instruction's text. */
export type Perform = (
  operation: Operation,
  files: StageFiles,
  instruction: { readonly text: string; readonly number: number; readonly count: number },
) => Promise<StepResult>;

export interface StageRequest {
  /** What the stage begins with, and its triggers have not been carried out yet. */
  readonly begin: StageResult;
  /** For messages about triggers. */
  readonly baseName: string;
  readonly instructions: readonly Instruction[];
  readonly source: Source;
  readonly options: EvaluationOptions;
  /** The time of what was done in this build, or of all: SOURCE_DATE_EPOCH. RFC 3339. */
  readonly fixedTime: string | undefined;
  readonly perform: Perform;
}

interface Sourced {
  readonly source: Source;
  readonly instruction: Instruction;
}

/** Builds a stage, instruction by instruction; triggers of what it is based on come first (reference, "ONBUILD"). */
export async function buildStage(request: StageRequest): Promise<StageResult> {
  const { begin, baseName, source, instructions } = request;
  const triggers = triggersOf(begin.state.settings).map((text) => parseTrigger(baseName, text));
  const all: Sourced[] = [...triggers, ...instructions.map((instruction) => ({ source, instruction }))];
  const settings = withSetting(begin.state.settings, "OnBuild", undefined);
  let stage: StageResult = { ...begin, state: { ...begin.state, settings, hasOwnCmd: false } };
  const count = all.filter(({ instruction }) => changesFiles(instruction)).length + 1;
  let number = 1;
  for (const { source: from, instruction } of all) {
    if (changesFiles(instruction)) number++;
    stage = await placed(from, instruction, () => follow(stage, instruction, request, { number, count }));
  }
  return stage;
}

function changesFiles({ kind }: Instruction): boolean {
  return kind === "run" || kind === "copy" || kind === "add" || kind === "workdir";
}

async function follow(
  stage: StageResult,
  instruction: Instruction,
  { options, fixedTime, perform }: StageRequest,
  place: { readonly number: number; readonly count: number },
): Promise<StageResult> {
  const { state, operation } = evaluate(instruction, stage.state, options);
  const result = operation && (await perform(operation, stage.files, { text: instruction.text, ...place }));
  const isLayer = result?.kind === "layer";
  // A setting is as old as the files that it is for, so that the same steps give the same image.
  const created = fixedTime ?? result?.created ?? stage.created;
  const step: ImageStep = {
    history: {
      ...(created === undefined ? {} : { created }),
      created_by: instruction.text,
      ...(isLayer ? {} : { empty_layer: true }),
    },
    ...(isLayer ? { layer: result.layer } : {}),
  };
  return {
    ...stage,
    created,
    state,
    files: result ? afterStep(stage.files, result) : stage.files,
    added: isLayer ? [...stage.added, result.path] : stage.added,
    steps: [...stage.steps, step],
  };
}

/** Says where in which file it was that something went wrong. */
async function placed<T>(source: Source, { range }: Instruction, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const isOfFile = error instanceof CntnrError && error.message.startsWith(`${source.name}:`);
    const isPlaceless = error instanceof SubstitutionError || (error instanceof CntnrError && !isOfFile);
    if (!isPlaceless) throw error;
    throw errorAt(source, range, messageOf(error), { cause: error });
  }
}
