import { CntnrError, messageOf } from "../../errors/cntnr-error.ts";
import { expandWord, SubstitutionError } from "../dockerfile/expand.ts";
import type { Instruction, InstructionOf } from "../dockerfile/instruction.ts";
import type { Dockerfile, Stage } from "../dockerfile/parse-dockerfile.ts";
import { errorAt } from "../dockerfile/source.ts";
import { evaluate } from "./evaluate.ts";
import type { Operation } from "./operation.ts";
import { resolveStages, type StageOptions, type StagePlan } from "./resolve-stages.ts";
import type { StageState } from "./scope.ts";

/** A stage that can be a build's target. */
export interface Target {
  /** Its name, or its number. */
  readonly name: string;
  /** What the comment before it says: `# NAME TEXT`; "" for nothing. */
  readonly description: string;
  readonly isDefault: boolean;
}

/** Something that a build asks of whoever starts it. */
export interface Demand {
  readonly id: string;
  readonly isRequired: boolean;
}

/** What a build of a target can be given. */
export interface Outline {
  readonly target: Target;
  readonly args: readonly { readonly name: string; readonly value: string; readonly description: string }[];
  readonly secrets: readonly Demand[];
  readonly agents: readonly Demand[];
}

export function targetsOf(dockerfile: Dockerfile): readonly Target[] {
  return dockerfile.stages.map((stage) => targetOf(dockerfile, stage));
}

function targetOf(dockerfile: Dockerfile, { from, index }: Stage): Target {
  const name = from.name ?? String(index);
  const description = describe(dockerfile, from, name);
  return { name, description, isDefault: index === dockerfile.stages.length - 1 };
}

/** The comment of a name right before an instruction (buildx, "--call"). */
function describe({ source }: Dockerfile, { range }: Instruction, name: string): string {
  for (let line = range.start.line - 2; line >= 0; line--) {
    const [, word = "", text = ""] = /^\s*#\s*(\S*)\s*(.*?)\s*$/.exec(source.lines[line] ?? "") ?? [];
    if (word === "") return "";
    if (word.toLowerCase() === name.toLowerCase()) return text;
  }
  return "";
}

/**
 * The arguments, secrets and agents of a target and of all stages that it needs, as far as the Dockerfile tells: not of triggers of
 * images. Pure. Throws CntnrError `build`.
 */
export function outlineOf(
  dockerfile: Dockerfile,
  options: StageOptions & { readonly network: string },
): Outline {
  const plan = resolveStages(dockerfile, options);
  const outline = new OutlineReader(dockerfile, plan, options);
  const needed = plan.stages.filter((_, index) => plan.needed.has(index));
  for (const { stage } of needed) outline.read(stage);
  const target = plan.stages[plan.target];
  if (!target) throw new CntnrError("build", `there is no stage ${plan.target}`);
  return { target: targetOf(dockerfile, target.stage), ...outline.found };
}

const initialState: StageState = { settings: {}, args: new Map(), hasOwnCmd: false };

class OutlineReader {
  readonly #dockerfile: Dockerfile;
  readonly #plan: StagePlan;
  readonly #options: StageOptions & { readonly network: string };
  readonly #states = new Map<number, StageState>();
  readonly #args = new Map<string, { readonly value: string; readonly description: string }>();
  readonly #secrets = new Map<string, boolean>();
  readonly #agents = new Map<string, boolean>();

  constructor(dockerfile: Dockerfile, plan: StagePlan, options: StageOptions & { readonly network: string }) {
    this.#dockerfile = dockerfile;
    this.#plan = plan;
    this.#options = options;
  }

  get found(): Omit<Outline, "target"> {
    const demands = (map: ReadonlyMap<string, boolean>) =>
      [...map].map(([id, isRequired]) => ({ id, isRequired }));
    return {
      args: [...this.#args].map(([name, arg]) => ({ name, ...arg })),
      secrets: demands(this.#secrets),
      agents: demands(this.#agents),
    };
  }

  /** Stages come in their order, so that what one is based on was read before. */
  read(stage: Stage): void {
    const { directives, source, globalArgs } = this.#dockerfile;
    const lookup = (name: string) => {
      const arg = globalArgs.find(({ args }) => args.some((declared) => declared.name === name));
      if (arg) this.#declare(arg, this.#plan.globalArgs);
      return this.#plan.globalArgs.get(name);
    };
    expandWord(stage.from.image, { escape: directives.escape, lookup });
    const base = this.#plan.stages[stage.index]?.base;
    let state = (base?.kind === "stage" && this.#states.get(base.index)) || initialState;
    for (const instruction of stage.instructions)
      try {
        state = this.#follow(instruction, state);
      } catch (error) {
        if (!(error instanceof SubstitutionError || error instanceof CntnrError)) throw error;
        throw errorAt(source, instruction.range, messageOf(error), { cause: error });
      }
    this.#states.set(stage.index, state);
  }

  #follow(instruction: Instruction, before: StageState): StageState {
    const { buildArgs, network } = this.#options;
    const options = {
      buildArgs,
      globalArgs: this.#plan.globalArgs,
      escape: this.#dockerfile.directives.escape,
      network,
    };
    const { state, operation } = evaluate(instruction, before, options);
    if (instruction.kind === "arg") this.#declare(instruction, state.args);
    if (operation) this.#demand(operation);
    return state;
  }

  #declare(instruction: InstructionOf<"arg">, values: ReadonlyMap<string, string>): void {
    for (const { name } of instruction.args) {
      const known = this.#args.get(name);
      const description = describe(this.#dockerfile, instruction, name) || (known?.description ?? "");
      this.#args.set(name, { value: values.get(name) ?? known?.value ?? "", description });
    }
  }

  #demand(operation: Operation): void {
    if (operation.kind !== "run") return;
    for (const mount of operation.mounts) {
      if (mount.type !== "secret" && mount.type !== "ssh") continue;
      const demands = mount.type === "secret" ? this.#secrets : this.#agents;
      demands.set(mount.id, mount.required || demands.get(mount.id) === true);
    }
  }
}
