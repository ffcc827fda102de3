import { CntnrError } from "../../errors/cntnr-error.ts";
import { type Directives, readDirectives } from "./directives.ts";
import type { Instruction, InstructionOf } from "./instruction.ts";
import { readLogicalLines } from "./logical-lines.ts";
import { parseInstruction } from "./parse-instruction.ts";
import { errorAt, type Source, sourceOf } from "./source.ts";

/** From one FROM to the next. */
export interface Stage {
  readonly index: number;
  readonly from: InstructionOf<"from">;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  readonly source: Source;
  readonly directives: Directives;
  /** Before the first FROM: for FROM lines, and for stages that name them again. */
  readonly globalArgs: readonly InstructionOf<"arg">[];
  readonly stages: readonly Stage[];
}

/**
 * Parses a Dockerfile.
 * @param name what messages call it
 * Throws CntnrError `build` with the place and the lines around it.
 */
export function parseDockerfile(name: string, text: string): Dockerfile {
  const source = sourceOf(name, text);
  const directives = readDirectives(source);
  const globalArgs: InstructionOf<"arg">[] = [];
  const stages: { index: number; from: InstructionOf<"from">; instructions: Instruction[] }[] = [];
  for (const line of readLogicalLines(source, directives.escape)) {
    const instruction = parseInstruction(source, line, directives.escape);
    const stage = stages.at(-1);
    if (instruction.kind === "from")
      stages.push({ index: stages.length, from: instruction, instructions: [] });
    else if (stage) stage.instructions.push(instruction);
    else if (instruction.kind === "arg") globalArgs.push(instruction);
    else throw errorAt(source, instruction.range, "only ARG may stand before the first FROM");
  }
  if (stages.length === 0)
    throw new CntnrError("build", `${name}: there is no FROM in it, so nothing can be built`);
  return { source, directives, globalArgs, stages };
}

/** Parses one instruction. */
export function parseChange(name: string, text: string): { source: Source; instruction: Instruction } {
  const source = sourceOf(name, text);
  const [line, more] = readLogicalLines(source, "\\");
  if (!line || more) throw new CntnrError("build", `${source.name}: not one instruction: ${text}`);
  return { source, instruction: parseInstruction(source, line, "\\") };
}

/** Parses a trigger that an image brings (`OnBuild` of its configuration). */
export function parseTrigger(image: string, text: string): { source: Source; instruction: Instruction } {
  const { source, instruction } = parseChange(`ONBUILD of ${image}`, text);
  if (instruction.kind === "from" || instruction.kind === "onbuild" || instruction.kind === "maintainer")
    throw errorAt(source, instruction.range, `${instruction.kind.toUpperCase()} cannot be a trigger`);
  return { source, instruction };
}
