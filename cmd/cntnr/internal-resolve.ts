import { readFileSync } from "node:fs";
import { answerResolution } from "../../runtime/rootfs/resolve-in-namespace.ts";
import { print } from "../command-line/output.ts";

/** `cntnr internal-resolve`: started by cntnr itself, in a user namespace, to look into directories of an image's users. */
export function internalResolve(): number {
  print(`${answerResolution(readFileSync(0, "utf8"))}\n`);
  return 0;
}
