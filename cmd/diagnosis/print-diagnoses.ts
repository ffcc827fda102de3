import type { Diagnosis } from "../../runtime/doctor/diagnose.ts";
import { print, printable } from "../command-line/output.ts";

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
