import { existsSync } from "node:fs";
import { join } from "node:path";
import { userChecks } from "../../runtime/doctor/user-checks.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { runCommand } from "../../runtime/process/run-command.ts";
import { print } from "../command-line/output.ts";
import type { Product } from "../diagnosis/advisories.ts";
import { type Check, type Diagnosis, diagnose, exitCodeOf, printDiagnoses } from "../diagnosis/diagnose.ts";
import { installedVersion } from "../diagnosis/installed-version.ts";
import { judgeVersion } from "../diagnosis/judge-version.ts";
import type { CommandContext } from "./command.ts";
import { formatList } from "./format-template.ts";

const headings = { Name: "CHECK", Verdict: "VERDICT", Text: "FINDING", As: "AS", Command: "COMMAND" };

/** `cntnr doctor`: 0 when nothing keeps containers from running, else 1. */
export async function doctor(context: CommandContext): Promise<number> {
  const { args, env, imagePolicy } = context;
  const checks = userChecks({
    env,
    openDirectories: () => context.directories,
    ...(imagePolicy === undefined ? {} : { imagePolicy }),
  });
  const diagnoses = diagnose([...checks, ...versionChecks()]);
  const format = args.value("format");
  if (format === undefined) return exitCodeOf(await printDiagnoses(diagnoses));
  const all = await Array.fromAsync(diagnoses);
  print(formatList(all.map(rowOf), format, { headings, columns: Object.keys(headings) }));
  return exitCodeOf(all);
}

function rowOf({ name, verdict, text, remedy }: Diagnosis) {
  return { Name: name, Verdict: verdict, Text: text, As: remedy?.as ?? "", Command: remedy?.command ?? "" };
}

const pluginDirectories = ["/usr/lib/cni", "/opt/cni/bin"];

/** What is known against what is installed; nothing about what is not. */
function versionChecks(): Check[] {
  const programs = (["runc", "conmon", "skopeo"] as const).map((name) => ({ name, path: Bun.which(name) }));
  const plugin = pluginDirectories
    .map((directory) => join(directory, "bridge"))
    .find((path) => existsSync(path));
  return [
    ...programs.flatMap(({ name, path }) => (path ? [versionCheck(name, name, path, ["--version"])] : [])),
    ...(plugin === undefined ? [] : [versionCheck("plugins", "CNI plugins", plugin, [])]),
  ];
}

function versionCheck(product: Product, name: string, path: string, args: readonly string[]): Check {
  return {
    name: product === "plugins" ? name : `${name} version`,
    look: async () => judgeVersion(product, await installedVersion(name, path, args, outputOf)),
  };
}

const timeoutMs = 10_000;

async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await runCommand(command, args, { timeoutMs });
    return stdout || stderr;
  } catch (error) {
    if (error instanceof CntnrError) return undefined;
    throw error;
  }
}
