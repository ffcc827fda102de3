import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr-netd version` */
export function version({ program }: CommandContext): number {
  print(`${program.name} ${program.version}\n`);
  return 0;
}
