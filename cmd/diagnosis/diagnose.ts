import { print, printable } from "../command-line/output.ts";

/** `good`, or what is lacking: without what is a `fault` the program does not work, without what is a `warning` it does. */
type Verdict = "good" | "warning" | "fault";

/** What a check of either program's comes to. */
export interface Finding {
  readonly verdict: Verdict;
  readonly text: string;
  /** The one command that mends it, and who has to type it. */
  readonly remedy?: { readonly command: string; readonly as: "root" | "user" };
}

export interface Check {
  readonly name: string;
  /** What it throws is a fault. */
  readonly look: () => Finding | Promise<Finding>;
}

export interface Diagnosis extends Finding {
  readonly name: string;
}

/** Makes the checks one after the other. */
export async function* diagnose(checks: readonly Check[]): AsyncGenerator<Diagnosis> {
  for (const { name, look } of checks) yield { name, ...(await findingOf(look)) };
}

async function findingOf(look: Check["look"]): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return { verdict: "fault", text: error instanceof Error ? error.message : String(error) };
  }
}

/** 0 when nothing keeps the program from its work, else 1. */
export function exitCodeOf(diagnoses: readonly Diagnosis[]): number {
  return diagnoses.some(({ verdict }) => verdict === "fault") ? 1 : 0;
}

const verdictWidth = 8;
const nameWidth = 18;

/** Prints each as it is known, for people; returns them all. */
export async function printDiagnoses(diagnoses: AsyncIterable<Diagnosis>): Promise<Diagnosis[]> {
  const printed: Diagnosis[] = [];
  for await (const diagnosis of diagnoses) {
    const { name, verdict, text, remedy } = diagnosis;
    const command = remedy && `${remedy.as === "root" ? "as root: " : "do: "}${remedy.command}`;
    const lines = [...text.split("\n"), ...(command ? [command] : [])].map(printable);
    const indent = `\n${" ".repeat(verdictWidth + nameWidth)}`;
    print(`${verdict.padEnd(verdictWidth)}${name.padEnd(nameWidth)}${lines.join(indent)}\n`);
    printed.push(diagnosis);
  }
  return printed;
}
