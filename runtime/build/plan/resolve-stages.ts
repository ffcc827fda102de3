import { CntnrError } from "../../errors/cntnr-error.ts";
import { expandWord, SubstitutionError } from "../dockerfile/expand.ts";
import type { Instruction } from "../dockerfile/instruction.ts";
import { parseMount } from "../dockerfile/mount.ts";
import type { Dockerfile, Stage } from "../dockerfile/parse-dockerfile.ts";
import { errorAt } from "../dockerfile/source.ts";
import { isPlatform, type Platform, platformArguments, platformText } from "./platform.ts";

/** What a stage begins with, or files are copied from. */
export type Base =
  | { readonly kind: "scratch" }
  | { readonly kind: "stage"; readonly index: number }
  | { readonly kind: "context"; readonly name: string }
  | { readonly kind: "image"; readonly name: string };

export interface ResolvedStage {
  readonly stage: Stage;
  readonly base: Base;
  /** For people: its name, or its number. */
  readonly label: string;
}

export interface StagePlan {
  /** All stages of the file, by index. */
  readonly stages: readonly ResolvedStage[];
  readonly target: number;
  /** Indices of the stages that the target needs, itself included. Triggers of images may need more. */
  readonly needed: ReadonlySet<number>;
  /** Values of the arguments before the first FROM and of the platform's. */
  readonly globalArgs: ReadonlyMap<string, string>;
}

export interface StageOptions {
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly platform: Platform;
  /** A stage's name or number; without it the last. */
  readonly target?: string;
  /** `--build-context`: these names are neither stages nor images. */
  readonly contexts: ReadonlySet<string>;
}

/** Finds out what each stage is based on and which are needed. Throws CntnrError `build`. */
export function resolveStages(dockerfile: Dockerfile, options: StageOptions): StagePlan {
  const globalArgs = evaluateGlobalArgs(dockerfile, options);
  const stages = dockerfile.stages.map((stage) => ({
    stage,
    base: baseOf(dockerfile, stage, globalArgs, options),
    label: stage.from.name ?? `stage-${stage.index}`,
  }));
  const target = findTarget(dockerfile, options.target);
  return { stages, target, globalArgs, needed: findNeeded(dockerfile, stages, target, options.contexts) };
}

function evaluateGlobalArgs(dockerfile: Dockerfile, options: StageOptions): Map<string, string> {
  const values = new Map(platformArguments(options.platform));
  values.set("TARGETSTAGE", options.target ?? "default");
  for (const { args, range } of dockerfile.globalArgs)
    for (const { name, value } of args) {
      const given = options.buildArgs.get(name);
      if (given !== undefined) values.set(name, given);
      else if (value !== undefined) values.set(name, expandAt(dockerfile, range, value, values));
    }
  return values;
}

function expandAt(
  { source, directives }: Dockerfile,
  range: Instruction["range"],
  text: string,
  values: ReadonlyMap<string, string>,
): string {
  try {
    return expandWord(text, { escape: directives.escape, lookup: (name) => values.get(name) });
  } catch (error) {
    if (error instanceof SubstitutionError) throw errorAt(source, range, error.message, { cause: error });
    throw error;
  }
}

function baseOf(
  dockerfile: Dockerfile,
  { from, index }: Stage,
  globalArgs: ReadonlyMap<string, string>,
  { platform, contexts }: StageOptions,
): Base {
  const name = expandAt(dockerfile, from.range, from.image, globalArgs);
  if (name === "")
    throw errorAt(dockerfile.source, from.range, `FROM ${from.image}: nothing is left when it is expanded`);
  if (from.platform !== undefined) {
    const wanted = expandAt(dockerfile, from.range, from.platform, globalArgs);
    if (wanted !== "" && !isPlatform(wanted, platform))
      throw errorAt(
        dockerfile.source,
        from.range,
        `--platform=${wanted}: this machine is ${platformText(platform)}, and builds are for it alone`,
      );
  }
  const stage = findStage(dockerfile, name, index);
  if (stage) return { kind: "stage", index: stage.index };
  const context = contextOf(name, contexts);
  if (context !== undefined) return { kind: "context", name: context };
  return name === "scratch" ? { kind: "scratch" } : { kind: "image", name };
}

/** The context that an image's name stands for, however much of the name is written: alpine is docker.io/library/alpine:latest, too. */
function contextOf(name: string, contexts: ReadonlySet<string>): string | undefined {
  if (contexts.has(name)) return name;
  const shortOf = (text: string) => text.replace(/^docker\.io\/(?:library\/)?/, "").replace(/:latest$/, "");
  return [...contexts].find((context) => shortOf(context) === shortOf(name));
}

/** The last stage of this name before `before`. */
function findStage(dockerfile: Dockerfile, name: string, before: number): Stage | undefined {
  return dockerfile.stages.findLast(({ from, index }) => index < before && from.name === name.toLowerCase());
}

/** What `--from` of COPY or a mount means in the stage `before`; an image if nothing else. */
export function resolveFrom(
  dockerfile: Dockerfile,
  from: string,
  before: number,
  contexts: ReadonlySet<string>,
): Base {
  const stage = findStage(dockerfile, from, before);
  if (stage) return { kind: "stage", index: stage.index };
  const context = contextOf(from, contexts);
  if (context !== undefined) return { kind: "context", name: context };
  if (/^\d+$/.test(from)) {
    if (Number(from) < before) return { kind: "stage", index: Number(from) };
    throw new CntnrError("build", `--from=${from}: there is no stage ${from} before this one`);
  }
  return from === "scratch" ? { kind: "scratch" } : { kind: "image", name: from };
}

function findTarget({ stages, source }: Dockerfile, target: string | undefined): number {
  if (target === undefined) return stages.length - 1;
  const named = stages.findLast(({ from }) => from.name === target.toLowerCase());
  if (named) return named.index;
  if (/^\d+$/.test(target) && Number(target) < stages.length) return Number(target);
  const names = stages.flatMap(({ from }) => from.name ?? []);
  throw new CntnrError(
    "build",
    `${source.name}: there is no stage ${target}${names.length > 0 ? ` (there are ${names.join(", ")})` : ""}`,
  );
}

function findNeeded(
  dockerfile: Dockerfile,
  stages: readonly ResolvedStage[],
  target: number,
  contexts: ReadonlySet<string>,
): Set<number> {
  const needed = new Set<number>();
  const pending = [target];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    const resolved = stages[index];
    if (!resolved || needed.has(index)) continue;
    needed.add(index);
    const bases = [resolved.base, ...sourcesOf(dockerfile, resolved.stage, contexts)];
    for (const base of bases) if (base.kind === "stage") pending.push(base.index);
  }
  return needed;
}

/** Where a stage's instructions take files from. */
export function sourcesOf(
  dockerfile: Dockerfile,
  stage: Stage,
  contexts: ReadonlySet<string>,
): readonly Base[] {
  return stage.instructions.flatMap((instruction) =>
    fromsOf(instruction).map((from) => {
      if (from.includes("$"))
        throw errorAt(
          dockerfile.source,
          instruction.range,
          `from=${from}: no variables here; name a stage FROM ${from} AS x, and say from=x`,
        );
      return placed(dockerfile, instruction, () => resolveFrom(dockerfile, from, stage.index, contexts));
    }),
  );
}

function placed<T>({ source }: Dockerfile, { range }: Instruction, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof CntnrError) throw errorAt(source, range, error.message, { cause: error });
    throw error;
  }
}

function fromsOf(instruction: Instruction): string[] {
  if (instruction.kind === "copy")
    return instruction.flags.from === undefined ? [] : [instruction.flags.from];
  if (instruction.kind !== "run") return [];
  return instruction.mounts.flatMap((text) => {
    const mount = parseMount(text);
    return "from" in mount && mount.from !== undefined ? [mount.from] : [];
  });
}
