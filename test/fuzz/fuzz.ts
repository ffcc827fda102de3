import type { Random } from "../fixtures/random.ts";
import { readCorpus } from "./corpus.ts";
import { mutateBytes, splice } from "./mutate-bytes.ts";

/** Something that takes bytes of strangers. */
export interface Target {
  /** Of its folder in `corpus/`. */
  readonly name: string;
  /** Inputs of a good form, to begin with. */
  readonly seeds: readonly Buffer[];
  /** Pieces that mean something to it. */
  readonly dictionary: readonly Buffer[];
  /** A change that knows the form. */
  readonly mutate: (input: Buffer, random: Random) => Buffer;
  /**
   * What becomes of the input, in few words: the same for inputs that nothing tells apart. Throws for what must never be.
   */
  readonly run: (input: Buffer) => string | Promise<string>;
  /** Longer inputs are not tried. */
  readonly mostBytes: number;
}

/** An input for which something happened that must never be. */
export class FuzzFailure extends Error {
  override readonly name = "FuzzFailure";

  constructor(
    target: Target,
    readonly input: Buffer,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${target.name}: ${reason}\ninput (base64): ${input.toString("base64")}`, { cause });
  }
}

export interface FuzzOptions {
  readonly random: Random;
  /** Told how many inputs have been tried. */
  readonly isOver: (tried: number) => boolean;
  /** Told of each input whose outcome no other had. */
  readonly onNew?: (input: Buffer, outcome: string) => void;
}

export interface FuzzReport {
  readonly tried: number;
  readonly outcomes: ReadonlySet<string>;
}

/** Tries the seeds and the corpus, then changes of them and of whatever has had a new outcome. Throws FuzzFailure. */
export async function fuzz(target: Target, { random, isOver, onNew }: FuzzOptions): Promise<FuzzReport> {
  const population = [...target.seeds, ...readCorpus(target.name)];
  const outcomes = new Set<string>();
  for (const input of population) outcomes.add(await outcomeOf(target, input));
  let tried = population.length;
  for (; !isOver(tried); tried++) {
    const input = change(target, population, random);
    const outcome = await outcomeOf(target, input);
    if (outcomes.has(outcome)) continue;
    outcomes.add(outcome);
    population.push(input);
    onNew?.(input, outcome);
  }
  return { tried, outcomes };
}

async function outcomeOf(target: Target, input: Buffer): Promise<string> {
  try {
    return await target.run(input);
  } catch (cause) {
    throw new FuzzFailure(target, input, cause);
  }
}

function change(target: Target, population: readonly Buffer[], random: Random): Buffer {
  const any = () => random.pick(population) ?? Buffer.of();
  let input = any();
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    if (random.chance(5)) input = splice(input, any(), random);
    else if (random.chance(60)) input = target.mutate(input, random);
    else input = mutateBytes(input, random, target.dictionary);
  }
  return input.subarray(0, target.mostBytes);
}

/** Words that differ for each input say nothing about its kind: numbers, quoted parts, long hexadecimal digits. */
export function kindOf(text: string): string {
  return text
    .replace(/"[^"]*"|'[^']*'/g, "Q")
    .replace(/0x[0-9a-f]+|\d+/gi, "N")
    .slice(0, 300);
}
