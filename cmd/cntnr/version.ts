import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { formatOne } from "./format-template.ts";

/** `cntnr version`; by templates as docker has it, where client and server are two: here they are one. */
export function version({ args, program }: CommandContext): number {
  const format = args.value("format");
  const one = { Version: program.version, Os: process.platform, Arch: architecture() };
  if (format === undefined) print(`${program.name} ${program.version}\n`);
  else print(formatOne({ Client: one, Server: one }, format));
  return 0;
}

/** As Go calls it. */
function architecture(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}
