import type { Diagnosis } from "../../runtime/doctor/diagnose.ts";
import { print } from "../command-line/output.ts";
import { exitCodeOf, printDiagnoses } from "../diagnosis/print-diagnoses.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { formatList } from "./format-template.ts";

const headings = { Name: "CHECK", Verdict: "VERDICT", Text: "FINDING", As: "AS", Command: "COMMAND" };

/** `cntnr doctor`: 0 when nothing keeps containers from running, else 1. */
export async function doctor(context: CommandContext): Promise<number> {
  const diagnoses = engineOf(context).system.diagnose();
  const format = context.args.value("format");
  if (format === undefined) return exitCodeOf(await printDiagnoses(diagnoses));
  const all = await Array.fromAsync(diagnoses);
  print(formatList(all.map(rowOf), format, { headings, columns: Object.keys(headings) }));
  return exitCodeOf(all);
}

function rowOf({ name, verdict, text, remedy }: Diagnosis) {
  return { Name: name, Verdict: verdict, Text: text, As: remedy?.as ?? "", Command: remedy?.command ?? "" };
}
