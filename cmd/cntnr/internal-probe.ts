import { probeSurroundings } from "../../runtime/nesting/probe.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr internal-probe SCRATCH`: started by cntnr itself, in namespaces of its own, to try what a container could do. */
export function internalProbe({ args }: CommandContext): number {
  print(`${JSON.stringify(probeSurroundings(args.positionals[0] ?? ""))}\n`);
  return 0;
}
